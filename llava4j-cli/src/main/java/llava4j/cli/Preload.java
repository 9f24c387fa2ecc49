package llava4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import llava4j.tensor.NativeRuntime;

/// Loads libtorch on a thread of its own, while the command line is parsed, the image is decoded
/// and the model's files are opened. Loading takes longer than all of these together.
///
/// The number of threads has to be known before, because the libraries read it when they are
/// loaded.
final class Preload {
  /// Commands that answer a question and are waited for.
  private static final Set<String> COMMANDS = Set.of("ask", "chat");

  private static final Set<String> HELP = Set.of("-h", "--help", "-V", "--version");
  private static final String THREADS = "--threads";
  private static final String FILE = "@";

  private final Thread thread;

  private Preload(Thread thread) {
    this.thread = thread;
  }

  /// Begins to load the libraries if the command will need them. Commands that will fail or print
  /// their help may be among those that load nothing.
  static Preload begin(String... arguments) {
    Thread thread = Thread.ofPlatform().daemon().name("preload").unstarted(Preload::load);
    if (isUseful(arguments)) {
      thread.start();
    }
    return new Preload(thread);
  }

  /// Whether a command line needs libtorch and does not set the number of threads.
  static boolean isUseful(String... arguments) {
    List<String> words = Arrays.asList(arguments);
    return !words.isEmpty()
        && COMMANDS.contains(words.getFirst())
        && words.stream()
            .noneMatch(
                word -> HELP.contains(word) || word.startsWith(THREADS) || setsThreads(word));
  }

  /// Whether a word is a file of arguments (`@file`) that sets the number of threads. One that
  /// cannot be read, or that names further files, may do so.
  private static boolean setsThreads(String word) {
    if (!word.startsWith(FILE) || word.startsWith(FILE + FILE)) {
      return false; // picocli takes two for a word that begins with one
    }
    try {
      Path file = Path.of(word.substring(FILE.length()));
      if (!Files.isRegularFile(file)) {
        return true; // a pipe can be read once, by picocli
      }
      String text = Files.readString(file);
      return text.contains(THREADS) || text.contains(FILE);
    } catch (IOException | InvalidPathException e) {
      return true;
    }
  }

  /// Waits until the libraries are loaded. The process must not end in between, because the
  /// libraries' initialisation and their clean-up would then run at the same time.
  void await() {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void load() {
    try {
      NativeRuntime.prepareForInference();
      NativeRuntime.numThreads();
    } catch (RuntimeException | LinkageError e) {
      // the command meets the same error, and reports it
      System.getLogger(Preload.class.getName())
          .log(System.Logger.Level.DEBUG, "libtorch cannot be loaded", e);
    }
  }
}
