package llava4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.config.TextConfig;
import llava4j.golden.Golden;
import org.bytedeco.pytorch.Tensor;

/// A golden checkpoint whose feed-forward layers have 48 columns, which are no whole blocks of 32.
final class NarrowModel {
  private static final long WIDTH = 48;

  private NarrowModel() {}

  /// @return the folder
  static Path write(Path folder) {
    try (Checkpoint golden =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("hf_gqa"))) {
      TextConfig text = golden.config().text();
      TextConfig narrow =
          new TextConfig(
              text.dim(),
              (int) WIDTH,
              text.numLayers(),
              text.numHeads(),
              text.numKvHeads(),
              text.headDim(),
              text.vocab(),
              text.maxPositions(),
              text.rmsNormEps(),
              text.ropeTheta(),
              text.ropeScaling(),
              text.tieEmbeddings(),
              text.slidingWindow());
      Checkpoint changed =
          golden
              .withConfig(golden.config().withText(narrow))
              .withWeights(new Narrowed(golden.weights()));
      new CheckpointConverter(changed, WriteListener.NONE).toHuggingFace(folder, null);
      return folder;
    }
  }

  private record Narrowed(WeightSource source) implements WeightSource {
    private static boolean isWide(String name) {
      return name.matches("language_model\\..*\\.(gate|up)_proj\\.weight");
    }

    private static boolean isLong(String name) {
      return name.matches("language_model\\..*\\.down_proj\\.weight");
    }

    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
      source
          .tensors()
          .forEach((name, info) -> {
            List<Long> shape =
                isWide(name)
                    ? List.of(WIDTH, info.shape().getLast())
                    : isLong(name) ? List.of(info.shape().getFirst(), WIDTH) : info.shape();
            long bytes = shape.stream().reduce((long) info.dtype().bytes(), Math::multiplyExact);
            tensors.put(
                name,
                new TensorInfo(name, info.dtype(), info.storedAs(), shape, bytes, info.file()));
          });
      return tensors;
    }

    @Override
    public Tensor load(String name) {
      Tensor whole = source.load(name);
      return isWide(name) || isLong(name)
          ? whole.narrow(isWide(name) ? 0 : 1, 0, WIDTH).contiguous()
          : whole;
    }

    @Override
    public void close() {
      source.close();
    }
  }
}
