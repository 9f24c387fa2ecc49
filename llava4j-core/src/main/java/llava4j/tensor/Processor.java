package llava4j.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The properties of the CPU that determine which kernels are fast.
///
/// @param name the model name of the manufacturer
/// @param flags relevant vector instructions, with Linux' names, in the order below
public record Processor(String name, List<String> flags) {
  private static final List<String> OF_INTEREST =
      List.of(
          "avx2",
          "fma",
          "f16c",
          "avx512f",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "avx_vnni",
          "amx_tile",
          "amx_int8",
          "amx_bf16",
          "amx_fp16",
          "asimddp",
          "i8mm",
          "bf16",
          "sve");

  public Processor {
    flags = List.copyOf(flags);
  }

  /// Read once: the file is long where there are many cores.
  private static final class OfThisMachine {
    static final Processor PROCESSOR = of(Path.of("/proc/cpuinfo"));
  }

  /// The CPU of this machine. On systems other than Linux, the flags are unknown.
  public static Processor ofThisMachine() {
    return OfThisMachine.PROCESSOR;
  }

  /// From a file like `/proc/cpuinfo`; without it, the flags are unknown.
  public static Processor of(Path cpuinfo) {
    try {
      return Files.isReadable(cpuinfo)
          ? of(Files.readString(cpuinfo))
          : new Processor(System.getProperty("os.arch"), List.of());
    } catch (IOException e) {
      return new Processor(System.getProperty("os.arch"), List.of());
    }
  }

  /// From the text of `/proc/cpuinfo`.
  public static Processor of(String cpuinfo) {
    List<String> present = List.of(value("flags|Features", cpuinfo, "").split("\\s+"));
    return new Processor(
        value("model name", cpuinfo, System.getProperty("os.arch")),
        OF_INTEREST.stream().filter(present::contains).toList());
  }

  /// Whether it has instructions that multiply bfloat16.
  public boolean hasBf16Products() {
    return flags.contains("avx512_bf16") || flags.contains("amx_bf16");
  }

  /// Whether it has instructions that round vectors to bfloat16.
  public boolean hasBf16Lanes() {
    return flags.contains("avx512_bf16");
  }

  /// Whether it has instructions that multiply tiles of bytes, in which many rows are faster than
  /// in vectors.
  public boolean hasByteTiles() {
    return flags.contains("amx_int8");
  }

  private static String value(String key, String cpuinfo, String otherwise) {
    Matcher matcher =
        Pattern.compile("^(?:" + key + ")\\s*:\\s*(.*)$", Pattern.MULTILINE).matcher(cpuinfo);
    return matcher.find() ? matcher.group(1).strip() : otherwise;
  }
}
