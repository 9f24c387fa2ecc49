package llava4j.text.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/// Jinja's `namespace()`: names that can be set from within loops.
record Namespace(Map<String, Object> values) {
  Namespace {
    values = new LinkedHashMap<>(values);
  }
}
