package llava4j.cli.option;

import java.util.Iterator;

/// The names that `llava train` takes, for its help and for completion.
public final class PresetNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return TrainingPresets.all().keySet().iterator();
  }
}
