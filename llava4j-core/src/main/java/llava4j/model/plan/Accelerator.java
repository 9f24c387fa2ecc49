package llava4j.model.plan;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;

/// Figures of a GPU from its maker's data sheet. Peaks are dense: data sheets often print twice as
/// much, which only sparse matrices reach.
public enum Accelerator {
  /// NVIDIA A100 SXM with 80 GB; DGX A100 has one 200 Gbit/s network card for each.
  A100("A100", 79, 312e12, 19.5e12, 2.039e12, 300e9, 200),
  /// The first A100, with 40 GB, on which LLaVA's stage 2 of the 7B can be trained.
  A100_40("A100-40GB", 39, 312e12, 19.5e12, 1.555e12, 300e9, 200),
  /// NVIDIA H100 SXM; DGX H100 has one 400 Gbit/s network card for each.
  H100("H100", 79, 989.4e12, 67e12, 3.35e12, 450e9, 400),
  /// NVIDIA H200 SXM.
  H200("H200", 139, 989.4e12, 67e12, 4.8e12, 450e9, 400),
  /// NVIDIA L40S, connected by PCIe.
  L40S("L40S", 44, 362e12, 91.6e12, 0.864e12, 32e9, 100),
  /// NVIDIA GeForce RTX 4090, connected by PCIe.
  RTX4090("RTX4090", 23, 165.2e12, 82.6e12, 1.008e12, 32e9, 100);

  private static final double BITS = 8;
  private static final double GIGA = 1e9;

  private final String printed;
  private final long gibibytes;
  private final double half;
  private final double single;
  private final double bandwidth;
  private final double link;
  private final double networkGigabits;

  Accelerator(
      String printed,
      long gibibytes,
      double half,
      double single,
      double bandwidth,
      double link,
      double networkGigabits) {
    this.printed = printed;
    this.gibibytes = gibibytes;
    this.half = half;
    this.single = single;
    this.bandwidth = bandwidth;
    this.link = link;
    this.networkGigabits = networkGigabits;
  }

  /// The accelerator of this name, ignoring case.
  ///
  /// @throws BadInputException if the name is not known
  public static Accelerator named(String name) {
    return Arrays.stream(values())
        .filter(one -> one.printed.equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () -> new BadInputException("unknown device '" + name + "': use one of " + allNames()));
  }

  /// All names, for a message.
  public static String allNames() {
    return Arrays.stream(values()).map(one -> one.printed).collect(Collectors.joining(", "));
  }

  /// Memory that a program can use, in bytes.
  public long memoryBytes() {
    return gibibytes << 30;
  }

  /// Dense peak of matrix products in floating point operations a second.
  ///
  /// @param type of the factors; fp32 without TF32, as this library computes
  public double peakFlops(DType type) {
    return switch (type) {
      case BF16, F16 -> half;
      case F32 -> single;
      default ->
          throw new BadInputException(
              "there are no figures for products in "
                  + type.toString().toLowerCase(Locale.ROOT)
                  + "; use bf16 or fp32");
    };
  }

  /// Bytes a second between the GPU and its memory.
  public double bandwidth() {
    return bandwidth;
  }

  /// Bytes a second, in one direction, between this GPU and the others of its machine: NVLink, or
  /// PCIe 4.
  public double linkBandwidth() {
    return link;
  }

  /// Bytes a second of the network card of each GPU in a common machine.
  public double networkBandwidth() {
    return networkGigabits * GIGA / BITS;
  }

  @Override
  public String toString() {
    return printed;
  }
}
