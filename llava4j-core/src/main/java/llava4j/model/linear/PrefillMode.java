package llava4j.model.linear;

import java.util.Locale;
import llava4j.error.BadInputException;
import llava4j.error.Choice;

/// How products of quantised weights with many rows are computed on a CPU, and those of 16-bit
/// weights, for which there are only AUTO (fp32) and BF16. One row, and a few, always use the
/// kernels for blocks, which round activations to 8 bits block by block. Where products are
/// rounded, on a processor with bf16 instructions, the attention of prompts is in bf16 too; and
/// beside weights of 4 bits, so are vision tower and projector.
public enum PrefillMode {
  /// The fastest on this processor, for as many rows as pay for it. Beside weights of 4 bits,
  /// kernels in machine code, unless it multiplies tiles of bytes (AMX); else integers with VNNI.
  /// Beside others bf16, where it has instructions; else the kernels for blocks.
  AUTO,

  /// Weights decoded to fp32 and multiplied in fp32: slow, and nothing is rounded.
  EXACT,

  /// Weights and activations rounded to bf16, as models in bf16 are run elsewhere.
  BF16,

  /// Weights rounded to 8 bits with one scale per row, activations with one scale per token. Tokens
  /// that have numbers far above the others use the kernels for blocks.
  INT8;

  /// Reads a mode written as [#toString] writes it, in any case.
  ///
  /// @throws BadInputException for other texts
  public static PrefillMode parse(String text) {
    return Choice.parse(PrefillMode.class, "prefill mode", text);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
