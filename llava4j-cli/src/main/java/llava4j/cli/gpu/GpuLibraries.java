package llava4j.cli.gpu;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llava4j.data.fetch.PackageClient;
import llava4j.data.fetch.PackageStore;
import llava4j.data.fetch.PinnedPackage;
import llava4j.error.BadInputException;
import llava4j.io.Sha256;

/// The libraries for a GPU in one folder, with links to where packages were unpacked.
///
/// @param folder of packages; this class adds `gpu/NAME/` to it
/// @param own folders with NVIDIA's libraries that the user names instead of PyPI's packages
record GpuLibraries(
    GpuPackages packages,
    Path folder,
    List<Path> own,
    PackageClient client,
    Consumer<String> notes) {
  private static final Pattern LIBRARY = Pattern.compile("(?:.*/)?(lib[^/]+\\.so(?:\\.[0-9]+)*)");
  private static final Pattern DRIVERS = Pattern.compile("lib(?:cuda|nvidia-ml)\\.so.*");

  /// Archives, their contents and room to spare. NVIDIA's packages say their sizes only when they
  /// are asked for; this is an estimate.
  private static final long ROOM = 9L << 30;

  /// The folder of the libraries. It is whole if [#ready].
  Path libraries() {
    String name = packages.name();
    return folder.resolve("gpu").resolve(own.isEmpty() ? name : name + "-" + hash(own));
  }

  private static String hash(List<Path> folders) {
    return Sha256.of(folders.stream().map(GpuLibraries::real).toList().toString()).substring(0, 8);
  }

  private static String real(Path folder) {
    try {
      return folder.toRealPath().toString();
    } catch (IOException e) {
      return folder.toAbsolutePath().toString(); // missing, which is said when it is read
    }
  }

  /// Whether everything is there already.
  boolean ready() {
    return Files.exists(libraries().resolve("complete"))
        && packages.needed().stream().allMatch(name -> Files.exists(libraries().resolve(name)));
  }

  /// Brings what is missing. A second process waits for the first.
  ///
  /// @throws BadInputException if something cannot be downloaded, or a library is missing after all
  void bring() {
    try {
      Files.createDirectories(libraries());
      Path lock = libraries().resolve("lock");
      try (FileChannel channel =
              FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = channel.lock()) {
        if (!ready()) {
          requireRoom();
          notes.accept(announcement());
          link();
        }
      }
    } catch (IOException | UncheckedIOException e) {
      throw new BadInputException(
          libraries()
              + " cannot be written: "
              + e.getMessage()
              + "; free some space, or set XDG_CACHE_HOME to a folder on another disk",
          e);
    }
  }

  private String announcement() {
    String wheels =
        own.isEmpty() && packages.unsized() > 0
            ? ", and "
                + packages.unsized()
                + " packages of NVIDIA from PyPI, whose sizes pip says (about 1.5 GB)"
            : "";
    return String.format(
        Locale.ROOT,
        "the GPU needs libtorch with CUDA: %.0f MB from Maven Central%s, once, into %s; NVIDIA's"
            + " libraries stand under NVIDIA's terms",
        packages.bytes() / 1e6,
        wheels,
        folder);
  }

  private void requireRoom() throws IOException {
    long usable = Files.getFileStore(folder).getUsableSpace();
    if (usable < ROOM) {
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "%s has %.1f GB free, and the libraries for a GPU take up to %.1f GB; free some"
                  + " space, or set XDG_CACHE_HOME to a folder on another disk",
              folder,
              usable / 1e9,
              ROOM / 1e9));
    }
  }

  private void link() throws IOException {
    PackageStore store = new PackageStore(folder, client, notes);
    for (Path named : own) {
      linkAll(named);
    }
    for (PinnedPackage pinned : packages.packages()) {
      if (own.isEmpty() || pinned.registry() != PinnedPackage.Registry.PYPI) {
        linkAll(store.unpacked(pinned, name -> LIBRARY.matcher(name).matches()));
      }
    }
    Set<String> missing = new TreeSet<>();
    for (String name : packages.needed()) {
      if (!Files.exists(libraries().resolve(name))) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      throw new BadInputException(
          String.join(", ", missing)
              + (own.isEmpty()
                  ? " is in none of the packages for a GPU; report this as a bug in llava"
                  : " is not in "
                      + String.join(File.pathSeparator, own.stream().map(Path::toString).toList())
                      + "; name a folder with CUDA 13, cuDNN 9 and NCCL 2 in"
                      + " LLAVA_CUDA_LIBRARIES, or unset it to have them downloaded"));
    }
    Files.writeString(libraries().resolve("complete"), "");
  }

  /// Links every library below a folder. What is linked already is replaced: later packages win.
  private void linkAll(Path below) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(below.toRealPath())) {
      files
          .filter(file -> LIBRARY.matcher(file.getFileName().toString()).matches())
          .filter(file -> !DRIVERS.matcher(file.getFileName().toString()).matches())
          .filter(Files::isRegularFile)
          .sorted()
          .forEach(found::add);
    }
    for (Path file : found) {
      Path link = libraries().resolve(file.getFileName().toString());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, file.toAbsolutePath());
    }
  }
}
