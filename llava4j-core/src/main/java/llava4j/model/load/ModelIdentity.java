package llava4j.model.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;
import llava4j.checkpoint.Checkpoint;
import llava4j.error.BadInputException;
import llava4j.io.OwnVersion;
import llava4j.model.cache.KvFormat;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import llava4j.quant.VectorSupport;
import llava4j.tensor.Device;
import llava4j.tensor.Processor;
import llava4j.tensor.WeightFormat;

/// What the numbers of a model depend on: two processes with the same identity compute the same
/// keys and values for the same tokens.
public final class ModelIdentity {
  /// To be raised when the same model computes other numbers than before.
  private static final int NUMERICS = 4;

  private ModelIdentity() {}

  /// The configuration, how images are prepared, how weights are kept and multiplied, how keys and
  /// values are kept, the processor, and the files of the weights by name, size and time of their
  /// last change: reading all bytes would take longer than most prompts.
  public static String of(
      Checkpoint checkpoint,
      Device device,
      WeightFormat format,
      PrefillMode prefill,
      KvFormat kvFormat) {
    SortedSet<String> files = new TreeSet<>();
    checkpoint.weights().files().forEach(file -> files.add(described(file)));
    return String.join(
        "\n",
        String.valueOf(NUMERICS),
        OwnVersion.read(),
        checkpoint.config().toString(),
        checkpoint.imageProcessor().toString(),
        device.toString(),
        format.toString(),
        prefill.toString(),
        kvFormat.toString(),
        MemoryPlan.kernels(checkpoint.inferenceWeights(), device, format).key(),
        Processor.ofThisMachine().toString(),
        BlockKernel.describeAssembled(),
        VectorSupport.describe(),
        String.join("\n", files));
  }

  private static String described(Path file) {
    try {
      Path real = file.toRealPath();
      return real + " " + Files.size(real) + " " + Files.getLastModifiedTime(real);
    } catch (IOException e) {
      throw new BadInputException("cannot read " + file + ", which the model is loaded from", e);
    }
  }
}
