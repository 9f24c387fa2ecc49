package llava4j.cli.model;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.gguf.GgmlType;
import llava4j.cli.option.CheckpointFlags;
import llava4j.cli.option.ThreadOption;
import llava4j.cli.option.Unused;
import llava4j.cli.terminal.Progress;
import llava4j.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava convert -m MODEL --to FORMAT OUT`
@Command(
    name = "convert",
    description = "Write a model in the checkpoint format of another program.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava convert -m llava-v1.5-7b --to hf llava-1.5-7b-hf",
      "  llava convert -m llava-1.5-7b-hf --to gguf-q4_0 llava-1.5-7b-gguf",
      "  llava convert -m my-lora --merge-lora --to original --dtype fp16 my-llava-v1.5",
      "  llava convert -m my-lora --to hf my-lora-for-transformers"
    })
public final class ConvertCommand implements Callable<Integer> {
  /// The format to write.
  enum Target {
    HF,
    ORIGINAL,
    GGUF_F32,
    GGUF_F16,
    GGUF_Q8_0,
    GGUF_Q4_0;

    /// Reads `gguf-q4_0` as well as `gguf_q4_0`.
    static Target parse(String text) {
      return valueOf(text.toUpperCase(java.util.Locale.ROOT).replace('-', '_'));
    }
  }

  /// Element types of the written tensors.
  enum TypeName {
    AS_STORED(null),
    FP32(DType.F32),
    FP16(DType.F16),
    BF16(DType.BF16);

    private final DType dtype;

    TypeName(DType dtype) {
      this.dtype = dtype;
    }
  }

  @Spec private CommandSpec spec;
  @Mixin private CheckpointFlags files;
  @Mixin private ThreadOption threads;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "FORMAT",
      converter = TargetConverter.class,
      description =
          "hf (Hugging Face), original (LLaVA's code), gguf-f32, gguf-f16, gguf-q8_0 or gguf-q4_0.")
  private Target target;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "AS_STORED",
      description =
          "Element type of the tensors, for hf and original: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private TypeName type;

  @Parameters(paramLabel = "OUT", description = "The output folder, new or empty.")
  private Path out;

  @Override
  public Integer call() {
    if (target.name().startsWith("GGUF")) {
      Unused.refuse(spec, "for GGUF, --to already names the type", "--dtype");
    }
    threads.apply();
    PrintWriter err = spec.commandLine().getErr();
    try (Checkpoint checkpoint = files.open(err);
        Progress progress = Progress.bytes("writing")) {
      CheckpointConverter converter =
          new CheckpointConverter(checkpoint, (_, done, total) -> progress.update(done, total));
      switch (target) {
        case HF -> converter.toHuggingFace(out, type.dtype);
        case ORIGINAL -> converter.toOriginal(out, type.dtype);
        case GGUF_F32 -> converter.toGguf(out, GgmlType.F32);
        case GGUF_F16 -> converter.toGguf(out, GgmlType.F16);
        case GGUF_Q8_0 -> converter.toGguf(out, GgmlType.Q8_0);
        case GGUF_Q4_0 -> converter.toGguf(out, GgmlType.Q4_0);
      }
    }
    spec.commandLine().getOut().println(out);
    return 0;
  }

  /// Reads `--to`.
  static final class TargetConverter implements picocli.CommandLine.ITypeConverter<Target> {
    @Override
    public Target convert(String text) {
      try {
        return Target.parse(text);
      } catch (IllegalArgumentException e) {
        throw new picocli.CommandLine.TypeConversionException(
            "'" + text + "' is not one of hf, original, gguf-f32, gguf-f16, gguf-q8_0, gguf-q4_0");
      }
    }
  }
}
