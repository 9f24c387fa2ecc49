package llava4j.model;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.checkpoint.ParameterTable;
import llava4j.checkpoint.TensorInfo;
import llava4j.checkpoint.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;

/// What a model will take in memory, known before any weight is read.
///
/// @param mappedBytes weights used in place from their files; the operating system may drop and
///   reread them
/// @param allocatedBytes weights that are converted into memory of their own
/// @param cacheBytesPerToken keys and values of one row
/// @param contextLength rows that the cache may come to hold
public record MemoryPlan(
    long mappedBytes, long allocatedBytes, long cacheBytesPerToken, int contextLength) {

  private static final Pattern MEM_AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d+) kB");

  /// The plan for a checkpoint on the processor or, with everything in bf16, on a GPU.
  public static MemoryPlan of(
      LlavaConfig config, WeightSource weights, Device device, WeightFormat format) {
    long mapped = 0;
    long allocated = 0;
    for (Map.Entry<String, java.util.List<Long>> entry :
        ParameterTable.of(config).shapes().entrySet()) {
      TensorInfo info = weights.tensors().get(entry.getKey());
      if (info == null) {
        continue;
      }
      long elements = entry.getValue().stream().reduce(1L, Math::multiplyExact);
      DType inMemory = typeInMemory(entry.getKey(), info, device, format);
      boolean inPlace =
          device instanceof Device.Cpu
              && inMemory == info.dtype()
              && info.storedAs().equals(info.dtype().name())
              && !info.file().toString().endsWith(".gguf");
      if (inPlace) {
        mapped += elements * inMemory.bytes();
      } else {
        allocated += elements * inMemory.bytes();
      }
    }
    TextConfig text = config.text();
    long perToken =
        2L * text.numLayers() * text.numKvHeads() * text.headDim() * device.computeType().bytes();
    return new MemoryPlan(mapped, allocated, perToken, config.contextLength());
  }

  private static DType typeInMemory(
      String name, TensorInfo info, Device device, WeightFormat format) {
    boolean matrix =
        name.startsWith("lm_head.")
            || name.contains(".embed_tokens.")
            || name.matches("language_model\\..*_proj\\.weight");
    return device instanceof Device.Cpu && matrix
        ? format.typeFor(info.dtype())
        : device.computeType();
  }

  /// All weights.
  public long weightBytes() {
    return mappedBytes + allocatedBytes;
  }

  /// Weights and a cache as long as the context.
  public long largestBytes() {
    return weightBytes() + cacheBytesPerToken * contextLength;
  }

  /// Fails if the weights do not fit into what the machine has free, naming what would.
  public void requireFits(
      LlavaConfig config, WeightSource weights, WeightFormat chosen, long availableBytes) {
    if (weightBytes() <= availableBytes) {
      return;
    }
    String remedy = "use a smaller model or a machine with more memory";
    for (WeightFormat format : new WeightFormat[] {WeightFormat.AUTO, WeightFormat.FP16}) {
      MemoryPlan other = of(config, weights, new Device.Cpu(), format);
      if (format != chosen && other.weightBytes() <= availableBytes) {
        remedy = "--weights " + format + " needs " + gigabytes(other.weightBytes()) + " and fits";
        break;
      }
    }
    throw new BadInputException(
        "the model does not fit: its weights need "
            + gigabytes(weightBytes())
            + " in memory as "
            + chosen
            + ", "
            + gigabytes(availableBytes)
            + " are free; "
            + remedy);
  }

  /// Bytes for people.
  public static String gigabytes(long bytes) {
    return bytes >= 1L << 30
        ? String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30))
        : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1L << 20));
  }

  /// Memory that a process can still have, from the text of `/proc/meminfo`; all there is where the
  /// text says nothing.
  public static long availableBytes(String meminfo) {
    Matcher matcher = MEM_AVAILABLE.matcher(meminfo);
    return matcher.find() ? Long.parseLong(matcher.group(1)) * 1024 : Long.MAX_VALUE;
  }
}
