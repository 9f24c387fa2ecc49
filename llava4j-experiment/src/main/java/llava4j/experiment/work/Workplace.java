package llava4j.experiment.work;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import llava4j.error.BadInputException;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Scale;
import llava4j.io.AtomicFile;
import llava4j.io.Sha256;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// The output folder: models, data and features that experiments of one scale share, and a folder
/// for each experiment.
///
/// @param root the folder
/// @param data the folder of the training data
/// @param scale of all its experiments
public record Workplace(Path root, Path data, Scale scale) {
  private static final String FILE = "workplace.json";

  /// Takes a folder for experiments of one scale on one set of data.
  ///
  /// @throws BadInputException if the folder has other contents, or was taken for another scale or
  ///   other data
  public void claim() {
    requireOurs();
    Path file = root.resolve(FILE);
    if (!Files.exists(file)) {
      AtomicFile.writeText(
          file,
          new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(wanted()) + "\n");
    }
  }

  /// Checks that the folder can be taken. Writes nothing.
  ///
  /// @throws BadInputException if the folder has other contents, or was taken for another scale or
  ///   other data
  public void requireOurs() {
    Path file = root.resolve(FILE);
    if (!Files.exists(file)) {
      requireEmpty();
      return;
    }
    Map<String, String> there = read(file);
    require("scale", scale.word(), there); // needs no data, which may be of the other scale
    require("data", dataDigest(), there);
  }

  private void require(String name, String wanted, Map<String, String> there) {
    if (!wanted.equals(there.get(name))) {
      throw new BadInputException(
          root
              + " holds experiments with "
              + name
              + " "
              + there.get(name)
              + ", not "
              + wanted
              + "; use another --out folder, or delete that one");
    }
  }

  private Map<String, String> wanted() {
    Map<String, String> wanted = new LinkedHashMap<>();
    wanted.put("scale", scale.word());
    wanted.put("data", dataDigest());
    return wanted;
  }

  /// A short hash of what the data folder holds; the small mixture says so in a file, the paper's
  /// files are known by their sizes.
  public String dataDigest() {
    if (scale == Scale.SMOKE) {
      return "made up";
    }
    Path mixture = data.resolve("mixture.txt");
    try {
      if (scale.isSmall()) {
        return Sha256.of(Files.readString(mixture)).substring(0, 16);
      }
      StringBuilder sizes = new StringBuilder();
      for (var part : Material.paperParts()) {
        sizes.append(part.file()).append(' ').append(Files.size(data.resolve(part.file())));
      }
      return Sha256.of(sizes.toString()).substring(0, 16);
    } catch (NoSuchFileException e) {
      throw new BadInputException(
          e.getFile()
              + " does not exist; name the folder of the training data with --data, or make it with"
              + " 'llava data build'",
          e);
    } catch (IOException e) {
      throw new BadInputException(data + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// The data in words, for reports.
  public String dataWords() {
    return switch (scale) {
      case SMOKE -> "made-up data";
      case TINY -> "the small mixture (" + text(data.resolve("mixture.txt")).strip() + ")";
      case SEVEN_B, THIRTEEN_B -> "the paper's data";
    };
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Map<String, String> read(Path file) {
    try {
      return new JsonMapper()
          .readValue(Files.readString(file), new TypeReference<Map<String, String>>() {});
    } catch (IOException | JacksonException e) {
      throw new BadInputException(
          file + " cannot be read (" + e.getMessage() + "); use another --out folder", e);
    }
  }

  private void requireEmpty() {
    if (!Files.exists(root)) {
      return;
    }
    if (!Files.isDirectory(root)) {
      throw new BadInputException(root + " is a file; name a folder as --out");
    }
    try (var entries = Files.list(root)) {
      entries
          .filter(path -> !path.getFileName().toString().equals(".lock"))
          .findFirst()
          .ifPresent(path -> {
            throw new BadInputException(
                root
                    + " holds something else ("
                    + path.getFileName()
                    + "); name a new or empty folder as --out");
          });
    } catch (IOException e) {
      throw new BadInputException(root + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// The folder of a model: a shared base, or what an arm makes of it.
  public Path model(String key, boolean shared) {
    return root.resolve(shared ? "base" : "models").resolve(key);
  }

  /// Where selections of training data are written.
  public Path selections() {
    return root.resolve("data");
  }

  /// The outputs of frozen vision towers.
  public Path features() {
    return root.resolve("features");
  }

  /// The folder of an experiment: ledger, answers, report.
  public Path experiment(ExperimentName name) {
    return root.resolve(name.word());
  }
}
