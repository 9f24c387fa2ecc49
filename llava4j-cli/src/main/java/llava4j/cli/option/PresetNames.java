package llava4j.cli.option;

import java.util.Iterator;

/// The presets of `llava train`, for the help text and for shell completion.
public final class PresetNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return TrainingPresets.all().keySet().iterator();
  }
}
