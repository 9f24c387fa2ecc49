package llava4j.cli.option;

import java.util.Iterator;
import llava4j.train.config.Presets;

/// The names that `llava train` takes, for its help and for completion.
public final class PresetNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return Presets.all().keySet().iterator();
  }
}
