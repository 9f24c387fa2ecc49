package llava4j.model.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.model.LlavaModel;
import llava4j.tensor.Device;
import llava4j.tensor.Processor;
import llava4j.tensor.WeightFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Plans against the checkpoints they are about.
class MemoryPlanTest {
  @ParameterizedTest
  @CsvSource({
    "gguf/model-q4_0.gguf",
    "gguf/model-q4_K_M.gguf",
    "gguf/model-f16.gguf",
    "original",
    "hf_gqa"
  })
  void everyWeightCountsInTheTypeItIsKeptIn(String model) {
    try (Checkpoint checkpoint = open(Golden.path(model), false)) {
      for (WeightFormat format : WeightFormat.values()) {
        MemoryPlan plan = plan(checkpoint, format);
        double expected = 0;
        for (var info : checkpoint.inferenceWeights().tensors().values()) {
          boolean inFile =
              info.name().contains("embed_tokens")
                  && format == WeightFormat.AUTO
                  && info.storedAs().contains("_") // quantised
                  && !checkpoint.config().text().tieEmbeddings();
          expected +=
              inFile
                  ? info.bytes()
                  : isOfImages(info) ? imageBytes(info, model, format) : bytes(info, format);
        }
        assertThat((double) plan.weightBytes()).as(model + " as " + format).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"gguf/model-q4_0.gguf", "gguf/model-f16.gguf", "hf_gqa"})
  void aStepReadsTheMatricesAndTheHead(String model) {
    try (Checkpoint checkpoint = open(Golden.path(model), false)) {
      var weights = checkpoint.inferenceWeights();
      boolean tied = checkpoint.config().text().tieEmbeddings();
      double expected = 0;
      for (var info : weights.tensors().values()) {
        boolean read =
            info.name().equals(tied ? "language_model.embed_tokens.weight" : "lm_head.weight")
                || (info.name().startsWith("language_model.layers.") && info.shape().size() == 2);
        if (read) {
          expected += bytes(info, WeightFormat.Q8);
        }
      }
      assertThat(
              (double)
                  MemoryPlan.stepBytes(
                      checkpoint.config(), weights, new Device.Cpu(), WeightFormat.Q8))
          .isEqualTo(expected);
    }
  }

  private static boolean isOfImages(TensorInfo info) {
    return info.shape().size() == 2
        && (info.name().startsWith("projector.")
            || info.name().matches("vision_tower.*layers.*weight"));
  }

  /// Beside 4 bits, images are encoded in bf16 where the processor has it.
  private static double imageBytes(TensorInfo info, String model, WeightFormat format) {
    boolean fourBits =
        format == WeightFormat.Q4 || (format == WeightFormat.AUTO && model.contains("-q4_"));
    boolean halved = fourBits && Processor.ofThisMachine().hasBf16Products();
    return (halved ? 2 : 4) * info.numElements();
  }

  private static double bytes(TensorInfo info, WeightFormat format) {
    boolean table = info.name().contains("embed_tokens");
    boolean matrix =
        info.shape().size() == 2
            && (info.name().startsWith("language_model.") || info.name().startsWith("lm_head."));
    double numbers = info.shape().stream().reduce(1L, (a, b) -> a * b);
    if (!matrix) {
      return 4 * numbers;
    }
    double inPanels =
        table ? 0 : Math.ceilDiv(info.shape().getFirst(), 32) * 32 * info.shape().getLast();
    return switch (format) {
      case AUTO ->
          switch (info.storedAs()) {
            case "Q4_0" -> table ? 2 * numbers : (0.5 + 2.0 / 32) * inPanels;
            // with minimums
            case "Q4_K" -> table ? 2 * numbers : (0.5 + 4.0 / 32) * inPanels + numbers * 2 / 32;
            case "Q8_0" -> table ? 2 * numbers : (1 + 2.0 / 32) * inPanels;
            case "Q6_K" -> table ? 2 * numbers : (1 + 4.0 / 16) * inPanels;
            default -> format.typeFor(info.dtype()).bytes() * numbers;
          };
      case FP32, FP16, BF16 -> format.typeFor(info.dtype()).bytes() * numbers;
      case Q8 -> table ? 2 * numbers : (1 + 2.0 / 32) * inPanels;
      case Q4 ->
          table
              ? 2 * numbers
              : ((info.name().startsWith("lm_head.") ? 1 : 0.5) + 2.0 / 32) * inPanels;
    };
  }

  @Test
  void whatIsDecodedOrReorderedIsNotInPlace() {
    try (Checkpoint blocks = open(Golden.path("gguf/model-q4_0.gguf"), false);
        Checkpoint halves = open(Golden.path("gguf/model-f16.gguf"), false)) {
      MemoryPlan decoded = plan(blocks, WeightFormat.FP16);
      MemoryPlan plain = plan(halves, WeightFormat.AUTO);
      assertThat(decoded.mappedBytes()).isLessThan(decoded.weightBytes() / 20);
      assertThat(plain.mappedBytes()).isGreaterThan(plain.weightBytes() / 4);
      long reordered =
          halves.inferenceWeights().tensors().values().stream()
              .filter(info -> info.name().matches("language_model.*\\.[qk]_proj\\.weight"))
              .mapToLong(info -> info.shape().stream().reduce(2L, Math::multiplyExact))
              .sum();
      assertThat(reordered).isPositive();
      assertThat(plain.allocatedBytes())
          .as("query and key rows are put into another order")
          .isGreaterThanOrEqualTo(reordered);
    }
  }

  @Test
  void anAdapterCountsBesideItsMatricesAndNotWhenItIsMerged() {
    try (Checkpoint beside = open(Golden.path("lora"), false);
        Checkpoint merged = open(Golden.path("lora"), true)) {
      MemoryPlan two = plan(beside, WeightFormat.AUTO);
      MemoryPlan one = plan(merged, WeightFormat.AUTO);
      assertThat(two.weightBytes()).isGreaterThan(one.weightBytes());
      assertThat(one.mappedBytes()).as("merged matrices are new").isLessThan(two.mappedBytes());
    }
  }

  @Test
  void theSentenceNamesTheOptionThatFits() {
    try (Checkpoint checkpoint = open(Golden.path("gguf/model-q4_0.gguf"), false)) {
      var weights = checkpoint.inferenceWeights();
      MemoryPlan wide = plan(checkpoint, WeightFormat.FP32);
      MemoryPlan stored = plan(checkpoint, WeightFormat.AUTO);
      long between = (wide.weightBytes() + stored.weightBytes()) / 2 + smallest(stored);
      stored.requireFits(checkpoint.config(), weights, WeightFormat.AUTO, between);
      assertThatThrownBy(() ->
              wide.requireFits(
                  checkpoint.config(),
                  weights,
                  WeightFormat.FP32,
                  wide.weightBytes() + smallest(wide) - 1))
          .as("a model without room for a question does not fit")
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("--weights auto needs");
      assertThatThrownBy(
              () -> wide.requireFits(checkpoint.config(), weights, WeightFormat.FP32, 1000))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("smaller model");
    }
  }

  @ParameterizedTest
  @CsvSource({"FP32", "FP16"})
  void formatsThatAGpuWouldIgnoreAreRefused(WeightFormat format) {
    Checkpoint checkpoint = open(Golden.path("original"), false);
    assertThatThrownBy(() ->
            LlavaModel.load(
                checkpoint.config(),
                checkpoint.inferenceWeights(),
                "original",
                new Device.Cuda(0),
                format,
                LoadProgress.NONE))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("weights as " + format)
        .hasMessageContaining("--device cpu");
  }

  /// The matrices of the language model have 5 bits for a number of 4, and 10 for one of 8, with
  /// scale and offset of every group of 32; everything else has 16.
  @ParameterizedTest
  @CsvSource({
    "original, BF16, 16, 16",
    "original, Q8, 10, 10",
    "original, Q4, 5, 10",
    "gguf/model-q4_0.gguf, AUTO, 5, 10",
    "gguf/model-q8_0.gguf, AUTO, 10, 10"
  })
  void aGpuHoldsGroupsOfFourBits(String model, WeightFormat format, int bits, int headBits) {
    try (Checkpoint checkpoint = open(Golden.path(model), false)) {
      double expected = 0;
      for (TensorInfo info : checkpoint.inferenceWeights().tensors().values()) {
        boolean head = info.name().equals("lm_head.weight");
        boolean matrix = head || info.name().matches("language_model.*_proj\\.weight");
        long rows = info.shape().isEmpty() ? 1 : info.shape().getFirst();
        long filled = matrix && bits < 16 ? Math.ceilDiv(rows, 64) * 64 : rows;
        expected +=
            info.numElements() / rows * filled * (matrix ? head ? headBits : bits : 16) / 8.0;
      }
      MemoryPlan plan =
          MemoryPlan.of(
              checkpoint.config(), checkpoint.inferenceWeights(), new Device.Cuda(0), format);
      assertThat((double) plan.weightBytes()).isEqualTo(expected);
      assertThat(plan.mappedBytes()).isZero();
    }
  }

  /// Blocks of 16, as Q6_K has them, have no kernel there.
  @Test
  void aGpuQuantisesBlocksOf16Again() {
    try (Checkpoint checkpoint = open(Golden.path("gguf/model-q4_K_M.gguf"), false)) {
      var weights = checkpoint.inferenceWeights();
      int again = 0;
      for (TensorInfo info : weights.tensors().values()) {
        if (info.storedAs().equals("Q6_K") && !LoadedParameters.isTable(info.name())) {
          again++;
          assertThat(MatrixPlan.linear(info, weights, new Device.Cuda(0), WeightFormat.AUTO))
              .isEqualTo(
                  new MatrixPlan.Requantized(8, info.shape().getFirst(), info.shape().getLast()));
          assertThat(MatrixPlan.linear(info, weights, new Device.Cpu(), WeightFormat.AUTO))
              .isInstanceOf(MatrixPlan.Stored.class);
        }
      }
      assertThat(again).isPositive();
    }
  }

  @Test
  void aRequestCountsItsCacheBesideTheMappedWeights() {
    MemoryPlan plan = new MemoryPlan(1000, 500, 10, 1, 4096, 576);
    plan.requireRequestFits(100, 200, 0, 1000 + 100 + 2000);
    assertThatThrownBy(() -> plan.requireRequestFits(100, 200, 0, 1000 + 100 + 2000 - 1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("200 rows")
        .hasMessageContaining("--max-tokens");
  }

  @Test
  void whatAChatHoldsAlreadyIsNotCountedAgain() {
    MemoryPlan plan = new MemoryPlan(1000, 500, 10, 1, 4096, 576);
    long held = 150 * 10;
    plan.requireRequestFits(20, 200, held, 1000 + 20 + 500);
    assertThatThrownBy(() -> plan.requireRequestFits(20, 200, held, 1000 + 20 + 500 - 1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("200 rows");
    plan.requireRequestFits(20, 100, held, 1000 + 20); // more is held than is needed
  }

  private static long smallest(MemoryPlan plan) {
    int rows = Math.min(plan.contextLength(), plan.imageRows() + 256);
    return plan.requestBytes(rows, rows);
  }

  private static MemoryPlan plan(Checkpoint checkpoint, WeightFormat format) {
    return MemoryPlan.of(
        checkpoint.config(), checkpoint.inferenceWeights(), new Device.Cpu(), format);
  }

  private static Checkpoint open(Path path, boolean merge) {
    CheckpointOptions options =
        new CheckpointOptions(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            merge,
            CheckpointOptions.none().hub());
    return new CheckpointOpener(options).open(path);
  }
}
