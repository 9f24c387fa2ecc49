package llava4j.model.load;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
import llava4j.error.MemoryShortageException;
import llava4j.model.cache.KvFormat;
import llava4j.model.cache.KvPool;
import llava4j.model.kernel.ModelKernels;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;

/// The memory that a model needs, computed before any weights are read.
///
/// @param mappedBytes weights that are used in place from their files; the operating system may
///   drop and reread them
/// @param allocatedBytes weights that are converted and need their own memory
/// @param cacheBytesPerToken keys and values of one token
/// @param workBytesPerToken activations of one prompt token in prefill
/// @param contextLength maximum number of tokens in the KV cache
/// @param imageRows number of tokens of the smallest image
public record MemoryPlan(
    long mappedBytes,
    long allocatedBytes,
    long cacheBytesPerToken,
    long workBytesPerToken,
    int contextLength,
    int imageRows) {

  /// Number of tokens of a short question and its answer.
  private static final int FEW_ROWS = 256;

  /// The plan for a checkpoint on the CPU or on a GPU, where everything that is not quantised is
  /// bf16.
  ///
  /// @param weights all kept tensors, including an adapter that is not merged
  public static MemoryPlan of(
      LlavaConfig config, WeightSource weights, Device device, WeightFormat format) {
    return of(config, weights, device, format, PrefillMode.AUTO, KvFormat.AUTO);
  }

  /// As [#of(LlavaConfig, WeightSource, Device, WeightFormat)], with a choice of how quantised
  /// weights are multiplied with many rows, and of what keys and values are kept in.
  ///
  /// @throws llava4j.error.BadInputException if there is no kernel for the latter here
  public static MemoryPlan of(
      LlavaConfig config,
      WeightSource weights,
      Device device,
      WeightFormat format,
      PrefillMode prefill,
      KvFormat kvFormat) {
    long mapped = 0;
    long allocated = 0;
    List<MatrixPlan> plans = MatrixPlan.ofAll(weights, device, format);
    DType imageType = MatrixPlan.ofImages(plans, device, prefill);
    ModelKernels kernels = ModelKernels.of(MatrixPlan.weights(plans), device);
    for (TensorInfo info : weights.tensors().values()) {
      if (LoadedParameters.isOfImages(info.name())) {
        allocated += info.numElements() * imageType.bytes();
        continue;
      }
      long bytes = bytesInMemory(info, weights, device, format, kernels);
      if (isInPlace(info, weights, device, format, kernels)) {
        mapped += bytes;
      } else {
        allocated += bytes;
      }
      mapped += readAgain(info, weights, device, format, kernels);
    }
    TextConfig text = config.text();
    boolean quantized = isQuantized(weights, device, format);
    DType cacheType = kvFormat.type(device, quantized);
    long ofLayer = 2L * text.numKvHeads() * text.headDim();
    // several tokens at once read a copy of one layer's cache, widened and as bf16
    int copies =
        switch (cacheType) {
          case F16 -> DType.F16.bytes() + DType.F32.bytes() + DType.BF16.bytes();
          case I8 -> DType.F32.bytes() + DType.BF16.bytes();
          default ->
              kvFormat == KvFormat.FP32 && quantized ? DType.F32.bytes() + DType.BF16.bytes() : 0;
        };
    long perToken = KvPool.tokenBytes(text, cacheType) + ofLayer * copies;
    long work = (2L * text.intermediateDim() + 8L * text.dim()) * device.computeType().bytes();
    return new MemoryPlan(
        mapped, allocated, perToken, work, config.contextLength(), config.vision().rowsPerView());
  }

  /// Bytes of a file that prompts read each time: ONNX Runtime keeps its copy to itself.
  private static long readAgain(
      TensorInfo info,
      WeightSource weights,
      Device device,
      WeightFormat format,
      ModelKernels kernels) {
    return LoadedParameters.isMatrix(info.name())
            && !LoadedParameters.isTable(info.name())
            && MatrixPlan.linear(info, weights, device, format)
                instanceof MatrixPlan.Stored(BlockMatrix blocks)
            && kernels.of(blocks.layout().bits()) == BlockKernel.ONNX_RUNTIME
        ? info.bytes()
        : 0;
  }

  /// The kernels that will multiply quantised weights.
  public static ModelKernels kernels(WeightSource weights, Device device, WeightFormat format) {
    return MatrixPlan.kernels(weights, device, format);
  }

  /// Whether most of the quantised weights have 4 bits.
  public static boolean haveFourBits(WeightSource weights, Device device, WeightFormat format) {
    return MatrixPlan.weights(MatrixPlan.ofAll(weights, device, format)).haveFourBits();
  }

  /// Whether matrices of the language model are quantised in memory.
  public static boolean isQuantized(WeightSource weights, Device device, WeightFormat format) {
    TensorInfo first = weights.tensors().get("language_model.layers.0.self_attn.q_proj.weight");
    return first != null
        && !(MatrixPlan.linear(first, weights, device, format) instanceof MatrixPlan.Plain);
  }

  /// Bytes of weights that one decode step reads: the language model's matrices and its head, as
  /// they are kept.
  public static long stepBytes(
      LlavaConfig config, WeightSource weights, Device device, WeightFormat format) {
    ModelKernels kernels = MatrixPlan.kernels(weights, device, format);
    return weights.tensors().values().stream()
        .filter(info -> isReadEachStep(config, info))
        .mapToLong(info -> bytesInMemory(info, weights, device, format, kernels))
        .sum();
  }

  /// Whether a decode step reads all of a tensor: a matrix, and the table where it is the head.
  public static boolean isReadEachStep(LlavaConfig config, TensorInfo info) {
    return LoadedParameters.isMatrix(info.name())
        && (config.text().tieEmbeddings() || !LoadedParameters.isTable(info.name()));
  }

  private static long bytesInMemory(
      TensorInfo info,
      WeightSource weights,
      Device device,
      WeightFormat format,
      ModelKernels kernels) {
    if (LoadedParameters.isTable(info.name())) {
      return MatrixPlan.embedding(info, weights, device, format).bytes(kernels);
    }
    if (LoadedParameters.isMatrix(info.name())) {
      return MatrixPlan.linear(info, weights, device, format).bytes(kernels);
    }
    long values = info.numElements();
    return values * device.computeType().bytes();
  }

  private static boolean isInPlace(
      TensorInfo info,
      WeightSource weights,
      Device device,
      WeightFormat format,
      ModelKernels kernels) {
    if (LoadedParameters.isTable(info.name())
        && MatrixPlan.embedding(info, weights, device, format) instanceof MatrixPlan.InFile) {
      return true;
    }
    if (device instanceof Device.Cuda || !weights.isView(info.name())) {
      return false;
    }
    DType inMemory =
        LoadedParameters.isMatrix(info.name())
            ? format.typeFor(info.dtype())
            : device.computeType();
    return inMemory == info.dtype()
        && bytesInMemory(info, weights, device, format, kernels) == info.bytes();
  }

  /// Says which matrices are not quantised although the format would have them so; empty where all
  /// are, and where the format quantises none.
  public static Optional<String> leftWhole(
      WeightSource weights, Device device, WeightFormat format) {
    if (format != WeightFormat.Q8 && format != WeightFormat.Q4) {
      return Optional.empty();
    }
    List<TensorInfo> matrices =
        weights.tensors().values().stream()
            .filter(info -> LoadedParameters.isMatrix(info.name()))
            .filter(info -> !LoadedParameters.isTable(info.name()))
            .toList();
    List<TensorInfo> left =
        matrices.stream()
            .filter(info ->
                MatrixPlan.linear(info, weights, device, format) instanceof MatrixPlan.Plain)
            .toList();
    if (left.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        left.size()
            + " of "
            + matrices.size()
            + " matrices stay "
            + MatrixPlan.table(left.getFirst(), weights, device, format).type()
            + " and are not "
            + format
            + ", since their rows are no whole blocks of numbers: "
            + left.getFirst().name()
            + " has rows of "
            + left.getFirst().shape().getLast()
            + (left.size() == 1 ? "" : ", and so on"));
  }

  /// All weights.
  public long weightBytes() {
    return mappedBytes + allocatedBytes;
  }

  /// All weights and a full KV cache.
  public long largestBytes() {
    return weightBytes() + cacheBytesPerToken * contextLength;
  }

  /// The memory of requests, without the weights.
  ///
  /// @param promptRows of all prompts that are read at once
  /// @param cacheRows rows of all answers together, prompts included
  public long requestBytes(long promptRows, long cacheRows) {
    return cacheBytesPerToken * cacheRows + workBytesPerToken * promptRows;
  }

  /// Fails if the weights and one short question about an image do not fit into the available
  /// memory; the message names an option that fits.
  ///
  /// @throws MemoryShortageException if they do not fit
  public void requireFits(
      LlavaConfig config, WeightSource weights, WeightFormat chosen, long availableBytes) {
    if (smallestBytes() <= availableBytes) {
      return;
    }
    String remedy =
        fitting(config, weights, chosen, availableBytes)
            .map(format ->
                "--weights "
                    + format
                    + " needs "
                    + gigabytes(of(config, weights, new Device.Cpu(), format).smallestBytes())
                    + " and fits")
            .orElse("use a smaller model or a machine with more memory");
    throw new MemoryShortageException(
        "the model does not fit: its weights need "
            + gigabytes(weightBytes())
            + " in memory as "
            + chosen
            + " and a short question about an image "
            + gigabytes(smallestBytes() - weightBytes())
            + "; "
            + gigabytes(availableBytes)
            + " are free; "
            + remedy);
  }

  /// Fails if a request does not fit into memory together with the loaded weights.
  ///
  /// @param promptRows number of tokens of all prompts that are prefilled at once, without cached
  ///   tokens
  /// @param cacheRows rows of all answers together, prompts included
  /// @param heldBytes bytes of the chat's existing KV cache
  /// @param availableBytes available memory now, with loaded weights
  /// @throws MemoryShortageException if it does not fit
  public void requireRequestFits(
      long promptRows, long cacheRows, long heldBytes, long availableBytes) {
    long more =
        Math.max(0, cacheBytesPerToken * cacheRows - heldBytes) + workBytesPerToken * promptRows;
    // the system counts the pages of mapped weights as free, but they are needed
    if (more + mappedBytes > availableBytes) {
      throw new MemoryShortageException(
          "the request does not fit: its "
              + cacheRows
              + " rows need "
              + gigabytes(more)
              + " beside the model, "
              + gigabytes(Math.max(0, availableBytes - mappedBytes))
              + " are free; ask for fewer new tokens (--max-tokens), beams or answers, or use"
              + " fewer images");
    }
  }

  /// All weights and one short question about an image: with less memory, a model is not loaded.
  public long smallestBytes() {
    long rows = Math.min(contextLength, (long) imageRows + FEW_ROWS);
    return weightBytes() + requestBytes(rows, rows);
  }

  private static Optional<WeightFormat> fitting(
      LlavaConfig config, WeightSource weights, WeightFormat chosen, long availableBytes) {
    for (WeightFormat format :
        new WeightFormat[] {
          WeightFormat.AUTO, WeightFormat.FP16, WeightFormat.Q8, WeightFormat.Q4
        }) {
      MemoryPlan other = of(config, weights, new Device.Cpu(), format);
      if (format != chosen && other.smallestBytes() <= availableBytes) {
        return Optional.of(format);
      }
    }
    return Optional.empty();
  }

  /// Formats bytes.
  public static String gigabytes(long bytes) {
    return bytes >= 1L << 30
        ? String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30))
        : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1L << 20));
  }
}
