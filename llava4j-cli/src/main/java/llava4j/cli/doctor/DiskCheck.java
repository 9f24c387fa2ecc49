package llava4j.cli.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.Figure;
import llava4j.cli.doctor.Finding.Good;
import llava4j.model.load.MemoryPlan;

/// The folders that llava writes to: is there room? Without it, what is there already still works,
/// and whether the native libraries are there is another check's.
///
/// @param places folders by what they hold; they need not exist yet
record DiskCheck(Map<String, Place> places) implements Check {
  /// A folder.
  ///
  /// @param wanted bytes that it should have room for
  record Place(Path folder, long wanted) {}

  @Override
  public String name() {
    return "disk";
  }

  @Override
  public List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    places.forEach((holds, place) -> findings.add(finding(holds, place)));
    return findings;
  }

  private static Finding finding(String holds, Place place) {
    Path there = place.folder().toAbsolutePath();
    while (!Files.isDirectory(there) && there.getParent() != null) {
      there = there.getParent();
    }
    String where = holds + ": " + place.folder();
    if (!Files.isWritable(there)) {
      return new Advice(where + " cannot be written to", "give this user the right to write");
    }
    long free = there.toFile().getUsableSpace();
    String found = where + ", " + MemoryPlan.gigabytes(free) + " free";
    return free < place.wanted()
        ? new Advice(found, "make room for " + MemoryPlan.gigabytes(place.wanted()) + " and more")
        : new Good(found, List.of(new Figure("free_bytes", free)));
  }
}
