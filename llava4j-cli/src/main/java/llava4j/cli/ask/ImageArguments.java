package llava4j.cli.ask;

import java.util.ArrayList;
import java.util.List;

/// The arguments of a command that takes images by position and by option, in the order in which
/// they were typed.
///
/// Each time picocli has read a value, it passes the list of all values of that argument so far.
/// The values that are new in the list are the next ones in the order of the command line.
final class ImageArguments {
  /// @param option whether it is a value of `--image`
  record Typed(String text, boolean option) {}

  private final List<Typed> inOrder = new ArrayList<>();
  private int options;
  private int positions;

  /// @param soFar all values of `--image` up to now
  void ofOption(List<String> soFar) {
    options = add(soFar, options, true);
  }

  /// @param soFar all positional arguments up to now
  void byPosition(List<String> soFar) {
    positions = add(soFar, positions, false);
  }

  List<Typed> inOrder() {
    return inOrder;
  }

  private int add(List<String> soFar, int known, boolean option) {
    if (soFar == null) {
      return known;
    }
    for (String text : soFar.subList(Math.min(known, soFar.size()), soFar.size())) {
      inOrder.add(new Typed(text, option));
    }
    return soFar.size();
  }
}
