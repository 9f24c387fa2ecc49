package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The recorded measurements: one file per machine, one JSON line per run.
///
/// @param folder usually `docs/benchmarks`
record Records(Path folder) {

  /// Appends one line and returns the path of the file.
  Path append(String name, Machine machine, String commit, LocalDate date, Report report) {
    JsonMapper json = new JsonMapper();
    ObjectNode line = json.createObjectNode();
    line.put("name", name);
    line.put("date", date.toString());
    line.put("commit", commit);
    line.put("machine", machine.cpu() + ", " + machine.cores() + " cores");
    line.put("threads", machine.threads());
    line.put("cpu_flags", String.join(" ", machine.flags()));
    ObjectNode openBlas = line.putObject("openblas_variables");
    machine.openBlas().forEach(openBlas::put);
    ObjectNode figures = line.putObject("figures");
    report.figures().forEach((figure, value) -> figures.put(figure, rounded(value)));
    Path file = folder.resolve(machine.slug() + ".jsonl");
    try {
      Files.createDirectories(folder);
      Files.writeString(
          file,
          json.writeValueAsString(line) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
