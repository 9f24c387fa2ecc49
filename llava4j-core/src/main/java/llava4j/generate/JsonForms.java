package llava4j.generate;

import java.util.LinkedHashMap;
import java.util.Map;
import llava4j.constraint.Constraint;
import llava4j.error.BadInputException;

/// JSON Schemas as constraints, for callers that bring the same schema as a text with every
/// request: the last ones stay compiled, with what was worked out while answers were generated.
/// Thread-safe.
public final class JsonForms {
  private static final int MOST_KEPT = 32;

  private final Map<String, Constraint> kept = // guarded by itself
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Constraint> eldest) {
          return size() > MOST_KEPT;
        }
      };

  /// Any JSON object.
  public Constraint anyObject() {
    return ofSchema("{\"type\":\"object\"}");
  }

  /// JSON texts whose values fulfil a schema.
  ///
  /// @throws BadInputException if the schema is wrong, uses what is not supported, or has what has
  ///   no effect
  public Constraint ofSchema(String schema) {
    synchronized (kept) {
      Constraint known = kept.get(schema);
      if (known != null) {
        return known;
      }
    }
    Constraint compiled = compiled(schema); // others must not wait for it
    synchronized (kept) {
      Constraint known = kept.putIfAbsent(schema, compiled);
      return known == null ? compiled : known;
    }
  }

  private static Constraint compiled(String schema) {
    return CheckedConstraint.of("the JSON schema", () -> Constraint.jsonSchema(schema));
  }
}
