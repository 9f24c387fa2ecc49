package llava4j.train.report;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;
import llava4j.train.RunPlan;
import llava4j.train.StepReport;
import llava4j.train.TrainingListener;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Writes `train.jsonl`: one JSON object per step. On resume, the lines of steps after the
/// checkpoint are removed, so each step has one line.
public final class JsonlLog implements TrainingListener {
  /// Name of the file in the output folder of a run.
  public static final String FILE = "train.jsonl";

  private static final String BEGINNING = "{\"step\":";
  private static final double MEBIBYTE = 1 << 20;

  private final JsonMapper json = new JsonMapper();
  private final Path file;
  private final InstantSource clock;
  private double peakFlops;

  public JsonlLog(Path out, InstantSource clock) {
    this.file = out.resolve(FILE);
    this.clock = clock;
  }

  /// Checks, before a run, that it would not replace a file of another kind.
  ///
  /// @throws BadInputException if the folder has a `train.jsonl` that is no training log
  public static void requireNoOther(Path out) {
    Path file = out.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return;
    }
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      String first = lines.readLine();
      while (first != null && first.isBlank()) {
        first = lines.readLine();
      }
      // a killed run may have left only a part of its first line
      if (first != null && !first.startsWith(BEGINNING) && !BEGINNING.startsWith(first)) {
        throw new BadInputException(
            file
                + " is not the log of a training run, which would replace it; move it, or choose another"
                + " --out");
      }
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public void onStart(RunPlan plan) {
    peakFlops = plan.peakFlops();
    StringBuilder kept = new StringBuilder();
    for (JsonNode line : read(file)) {
      if (line.path("step").asLong() <= plan.firstStep()) {
        kept.append(line).append('\n');
      }
    }
    AtomicFile.writeText(file, kept.toString());
  }

  @Override
  public void onStep(StepReport report) {
    ObjectNode line = json.createObjectNode();
    line.put("step", report.step());
    line.put("total_steps", report.totalSteps());
    line.put("loss", report.loss());
    line.put("grad_norm", report.gradNorm());
    line.put("lr", report.learningRate());
    line.put("projector_lr", report.projectorLearningRate());
    line.put("samples", report.samples());
    line.put("tokens", report.tokens());
    line.put("supervised", report.supervised());
    line.put("seconds", report.seconds());
    line.put("samples_per_s", report.samplesPerSecond());
    line.put("tokens_per_s", report.tokensPerSecond());
    line.put("mfu", report.utilisation(peakFlops));
    line.put("resident_mib", Math.round(report.residentBytes() / MEBIBYTE));
    line.put("time", clock.instant().toString());
    try {
      Files.writeString(
          file,
          line + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw AtomicFile.unwritable(file, e);
    }
  }

  /// The complete lines of a log; an unfinished last line is ignored.
  public static List<JsonNode> read(Path file) {
    List<JsonNode> lines = new ArrayList<>();
    if (!Files.isRegularFile(file)) {
      return lines;
    }
    JsonMapper json = new JsonMapper();
    try {
      String text =
          new String(
              Files.readAllBytes(file),
              StandardCharsets.UTF_8); // the last line may end within a character
      for (String line : text.lines().filter(line -> !line.isBlank()).toList()) {
        lines.add(json.readTree(line));
      }
    } catch (JacksonException e) {
      return lines;
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
    return lines;
  }
}
