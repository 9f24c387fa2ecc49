package llava4j.train.batch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Counts and lists bad samples, and ends the run when there are more than the user allows. Each
/// bad sample of the run counts once, whichever process found it, before or after a resume.
public final class BadSamples {
  private static final String STEM = "bad_samples_";
  private static final String EXTENSION = ".jsonl";

  private final JsonMapper json = new JsonMapper();
  private final Optional<Path> folder; // empty if nothing is written
  private final Optional<Path> list;
  private final int allowed;
  private final Set<Integer> noted;

  /// @param folder of the run, shared by all processes; each process writes its own list there, one
  ///   JSON object per line
  /// @param rank index of this process
  /// @param allowed how many bad samples may be skipped
  public BadSamples(Path folder, int rank, int allowed) {
    this(Optional.of(folder), Optional.of(folder.resolve(STEM + rank + EXTENSION)), allowed);
    Path own = list.orElseThrow();
    if (Files.exists(own)) {
      dropUnfinishedLine(own);
      noted.addAll(read(own));
    }
  }

  private BadSamples(Optional<Path> folder, Optional<Path> list, int allowed) {
    this.folder = folder;
    this.list = list;
    this.allowed = allowed;
    this.noted = new LinkedHashSet<>();
  }

  /// For a dry run: counts the samples of one process and writes nothing.
  public static BadSamples unlisted(int allowed) {
    return new BadSamples(Optional.empty(), Optional.empty(), allowed);
  }

  /// Deletes the lists of an earlier run in a folder. One process calls it, before the first step
  /// of a run.
  public static void deleteLists(Path folder) {
    lists(folder)
        .forEach(list -> {
          try {
            Files.delete(list);
          } catch (IOException e) {
            throw failed(list, "removed", e);
          }
        });
  }

  /// Records a bad sample; the same sample counts once. After a restart, a sample that ended the
  /// run ends it again unless `allowed` was raised.
  ///
  /// @param index of the sample in its file
  /// @throws BadInputException if there are now more bad samples than allowed
  public synchronized void add(int index, BadInputException reason) {
    if (noted.add(index)) {
      list.ifPresent(file -> append(file, index, reason));
    }
    int all = count();
    if (all > allowed) {
      throw new BadInputException(
          allowed == 0
              ? reason.getMessage() + "; correct it, or allow N bad samples with maxBad=N"
              : all
                  + " samples cannot be used, but maxBad is "
                  + allowed
                  + folder
                      .map(at -> "; they are listed in " + at.resolve(STEM + "*" + EXTENSION))
                      .orElse("")
                  + "; the last one found: "
                  + reason.getMessage(),
          reason);
    }
  }

  private void append(Path file, int index, BadInputException reason) {
    ObjectNode line = json.createObjectNode();
    line.put("index", index);
    line.put("reason", reason.getMessage());
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(
          file,
          line + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw failed(file, "written", e);
    }
  }

  /// Number of different bad samples that all processes of the run have recorded.
  public int count() {
    if (folder.isEmpty()) {
      return noted.size();
    }
    Set<Integer> all = new LinkedHashSet<>();
    lists(folder.get()).forEach(one -> all.addAll(read(one)));
    return all.size();
  }

  private static List<Path> lists(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches(STEM + "\\d+\\" + EXTENSION))
          .toList();
    } catch (IOException e) {
      throw failed(folder, "listed", e);
    }
  }

  /// A process that was killed may have left an unfinished line at the end.
  private static void dropUnfinishedLine(Path list) {
    try {
      byte[] all = Files.readAllBytes(list);
      byte[] whole = wholeLines(all);
      if (whole.length < all.length) {
        Files.write(list, whole);
      }
    } catch (IOException e) {
      throw failed(list, "read", e);
    }
  }

  /// The text up to the last line break. It works on bytes, because the file may end within a
  /// character.
  private static byte[] wholeLines(byte[] all) {
    int end = all.length;
    while (end > 0 && all[end - 1] != '\n') {
      end--;
    }
    return Arrays.copyOf(all, end);
  }

  /// Sample indices in a list, without an unfinished last line.
  private List<Integer> read(Path file) {
    try {
      return new String(wholeLines(Files.readAllBytes(file)), StandardCharsets.UTF_8)
          .lines()
          .map(line -> json.readTree(line).path("index").asInt())
          .toList();
    } catch (IOException e) {
      throw failed(file, "read", e);
    } catch (JacksonException e) {
      throw new BadInputException(
          file + " is not a list of bad samples: " + e.getOriginalMessage() + "; remove it", e);
    }
  }

  private static BadInputException failed(Path path, String what, IOException e) {
    return new BadInputException(path + " cannot be " + what + ": " + e.getMessage(), e);
  }
}
