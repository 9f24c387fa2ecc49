package llava4j.train;

import java.util.function.UnaryOperator;
import llava4j.train.config.Presets;

/// The paper's presets, and their small ones, over samples of [llava4j.golden.Golden].
class PresetRunsTest extends EveryPresetRuns {
  PresetRunsTest() {
    super(Presets.all(), UnaryOperator.identity());
  }

  public static void main(String[] arguments) {
    inThisProcess(arguments, Presets.all(), UnaryOperator.identity());
  }
}
