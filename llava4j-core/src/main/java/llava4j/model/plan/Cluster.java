package llava4j.model.plan;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;

/// Equal machines with equal GPUs.
///
/// @param nodes number of machines
/// @param devicesPerNode GPUs of each
/// @param accelerator the kind of GPU
/// @param networkBandwidth bytes a second, in one direction, of the network card of each GPU; not
///   used by a single machine
public record Cluster(
    int nodes, int devicesPerNode, Accelerator accelerator, double networkBandwidth) {
  private static final int MOST_NODES = 4096;
  private static final int MOST_DEVICES = 16;
  private static final double BYTES_PER_GIGABIT = 1e9 / 8;
  private static final Pattern SPEC = Pattern.compile("(?:(\\d{1,5})x)?(?:(\\d{1,5})x)?(\\D.*)");

  public Cluster {
    if (nodes < 1 || nodes > MOST_NODES) {
      throw new BadInputException(
          "there are " + nodes + " machines; their number must be from 1 to " + MOST_NODES);
    }
    if (devicesPerNode < 1 || devicesPerNode > MOST_DEVICES) {
      throw new BadInputException(
          "a machine has "
              + devicesPerNode
              + " devices; their number must be from 1 to "
              + MOST_DEVICES
              + " (several machines are written as 4x8xH100)");
    }
    if (!(networkBandwidth > 0 && networkBandwidth < Double.POSITIVE_INFINITY)) {
      throw new BadInputException("the network's speed must be above 0");
    }
  }

  /// Reads `H100`, `8xH100` or `4x8xH100` (four machines).
  ///
  /// @param gigabits Gbit/s of the network card of each GPU; empty for a common machine's
  /// @throws BadInputException if it is not of this form, or the device is not known
  public static Cluster parse(String text, OptionalDouble gigabits) {
    Matcher matcher = SPEC.matcher(text.strip());
    if (!matcher.matches()) {
      throw new BadInputException(
          "'"
              + text
              + "' names no device: write DEVICE, NxDEVICE or MACHINESxNxDEVICE, such as 4x8xH100;"
              + " devices are "
              + Accelerator.allNames());
    }
    Accelerator accelerator = Accelerator.named(matcher.group(3));
    int first = matcher.group(1) == null ? 1 : Integer.parseInt(matcher.group(1));
    boolean several = matcher.group(2) != null;
    return new Cluster(
        several ? first : 1,
        several ? Integer.parseInt(matcher.group(2)) : first,
        accelerator,
        gigabits.isPresent()
            ? gigabits.getAsDouble() * BYTES_PER_GIGABIT
            : accelerator.networkBandwidth());
  }

  /// Number of all GPUs.
  public int size() {
    return nodes * devicesPerNode;
  }

  /// Bytes a second that each GPU sends, and receives, in a collective operation of all: the link
  /// within a machine, or what the network cards of a machine carry together, since in a ring every
  /// byte enters a machine once and is then passed on inside.
  public double collectiveBandwidth() {
    return nodes == 1
        ? accelerator.linkBandwidth()
        : Math.min(accelerator.linkBandwidth(), devicesPerNode * networkBandwidth);
  }

  @Override
  public String toString() {
    if (nodes > 1) {
      return String.format(
          Locale.ROOT,
          "%dx%dx%s with %.0f Gbit/s between machines for each",
          nodes,
          devicesPerNode,
          accelerator,
          networkBandwidth / BYTES_PER_GIGABIT);
    }
    return devicesPerNode == 1 ? accelerator.toString() : devicesPerNode + "x" + accelerator;
  }
}
