package llava4j.experiment.work;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import llava4j.config.Llava15;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.View;
import llava4j.model.plan.Accelerator;
import llava4j.tensor.DType;
import llava4j.train.BaseModel;
import llava4j.train.config.TrainConfig.Stage;
import llava4j.train.forecast.Forecast;

/// Predicts how long a stage takes: at the rate that the same kind of stage had in this workplace,
/// else, for small models, at the rate of the machine on which they were designed, and for the
/// paper's by their floating point operations on 8 A100.
public final class Costs {
  private static final int GPUS = 8;

  /// Share of the peak, without recomputation: what the original code's published times come to
  /// (3.5 hours for stage 1 of the 7B and 10 for stage 2).
  private static final double UTILISATION = 0.27;

  private static final int CAPTION_TOKENS = 20;
  private static final int CONVERSATION_TOKENS = 300;
  private static final int TILE_TOKENS = 1600; // of a common image in tiles of 224 pixels
  private static final double ASKED = 12; // questions a second

  private final Workplace workplace;
  private final Material material;

  public Costs(Workplace workplace, Material material) {
    this.workplace = workplace;
    this.material = material;
  }

  /// Where a prediction comes from.
  public enum Basis {
    /// The rate of such stages in this workplace.
    MEASURED("measured here"),
    /// The rate on two cores of an AMD EPYC with AVX512-BF16.
    ASSUMED("assumed"),
    /// Floating point operations.
    FORECAST("forecast for 8 A100");

    private final String words;

    Basis(String words) {
      this.words = words;
    }

    /// In a plan.
    public String words() {
      return words;
    }
  }

  /// The cost of one stage.
  ///
  /// @param rate samples in a second
  public record Cost(long steps, long samples, double rate, Basis basis) {
    public double seconds() {
      return samples / rate;
    }
  }

  /// The cost of a stage from its beginning.
  public Cost of(Model.Trained stage) {
    long available = material.count(stage.data());
    long steps = stage.config().batching().steps(available);
    long samples =
        stage.config().batching().maxSteps().isPresent()
            ? steps * stage.config().batching().globalBatch()
            : Math.round(available * stage.config().batching().epochs());
    OptionalDouble measured = measured(stage.config().preset());
    if (measured.isPresent()) {
      return new Cost(steps, samples, measured.getAsDouble(), Basis.MEASURED);
    }
    return workplace.scale().isSmall()
        ? new Cost(steps, samples, assumed(stage.config().stage()), Basis.ASSUMED)
        : new Cost(steps, samples, forecast(stage), Basis.FORECAST);
  }

  /// Seconds to ask so many questions.
  public static double asking(long questions) {
    return questions / ASKED;
  }

  private static double assumed(Stage stage) {
    return switch (stage) {
      case TOWER -> 120;
      case CONNECTOR -> 80;
      case FULL, ADAPTER -> 40;
    };
  }

  /// The mean rate of finished stages with this preset.
  private OptionalDouble measured(String preset) {
    List<Made> all = new ArrayList<>();
    for (String folder : List.of("base", "models")) {
      Path models = workplace.root().resolve(folder);
      if (Files.isDirectory(models)) {
        try (Stream<Path> entries = Files.list(models)) {
          entries
              .map(entry -> entry.resolve(Made.FILE))
              .flatMap(file -> ModelFiles.read(file).stream())
              .filter(made -> made.stage().equals(preset) && made.seconds() > 0)
              .forEach(all::add);
        } catch (IOException e) {
          throw new BadInputException(models + " cannot be read: " + e.getMessage(), e);
        }
      }
    }
    double seconds = all.stream().mapToDouble(Made::seconds).sum();
    double samples = all.stream().mapToDouble(Made::samples).sum();
    return all.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(samples / seconds);
  }

  /// Samples in a second on 8 A100.
  private static double forecast(Model.Trained stage) {
    Model.Published base =
        (Model.Published)
            stage.lineage().stream()
                .filter(Model.Published.class::isInstance)
                .findFirst()
                .orElseThrow();
    boolean large = base.languageModel().contains("13b");
    LlavaConfig model = large ? Llava15.vicuna13b() : Llava15.vicuna7b();
    int image =
        stage.view() != View.ONE
            ? TILE_TOKENS
            : base.tower().equals(BaseModel.CLIP_LARGE_336) ? 576 : 256;
    int text = stage.config().stage() == Stage.CONNECTOR ? CAPTION_TOKENS : CONVERSATION_TOKENS;
    double flops =
        (image + text) * Forecast.flopsPerRow(model, stage.config())
            + Forecast.flopsPerView(model, stage.config());
    return GPUS * Accelerator.A100.peakFlops(DType.BF16) * UTILISATION / flops;
  }
}
