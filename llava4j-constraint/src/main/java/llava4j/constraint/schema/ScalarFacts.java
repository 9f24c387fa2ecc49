package llava4j.constraint.schema;

import java.util.List;
import tools.jackson.databind.JsonNode;

/// Facts about null, or about true and false.
final class ScalarFacts extends Facts {
  private final boolean bool;
  private boolean mayBeTrue = true;
  private boolean mayBeFalse;

  /// @param bool whether of booleans; else of null, which counts as true
  ScalarFacts(Context context, boolean bool) {
    super(context);
    this.bool = bool;
    this.mayBeFalse = bool;
  }

  boolean mayBe(boolean value) {
    return value ? mayBeTrue : mayBeFalse;
  }

  @Override
  Facts copy() {
    ScalarFacts copy = new ScalarFacts(context, bool);
    copy.mayBeTrue = mayBeTrue;
    copy.mayBeFalse = mayBeFalse;
    return copy;
  }

  @Override
  List<List<Way>> fulfil(JsonNode schema) {
    return List.of();
  }

  @Override
  void miss(JsonNode schema, List<Way> ways) {}

  @Override
  List<List<Way>> beOneOf(List<JsonNode> values, JsonNode schema) {
    keep(values, true);
    return List.of();
  }

  @Override
  List<Way> beNoneOf(List<JsonNode> values, JsonNode schema) {
    return List.of(Way.of(ScalarFacts.class, facts -> facts.keep(values, false)));
  }

  private void keep(List<JsonNode> values, boolean listed) {
    mayBeTrue &= values.stream().anyMatch(one -> !bool || one.booleanValue()) == listed;
    mayBeFalse &= bool && values.stream().anyMatch(one -> !one.booleanValue()) == listed;
  }

  @Override
  boolean isDead() {
    return !mayBeTrue && !mayBeFalse;
  }
}
