package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/// What has been learned about a value of one kind.
abstract class Facts {

  /// One way to fulfil something: further terms, and further facts.
  record Way(List<Integer> terms, Consumer<Facts> facts) {
    static Way of(List<Integer> terms) {
      return new Way(terms, facts -> {});
    }

    static <F extends Facts> Way of(Class<F> type, Consumer<F> change) {
      return new Way(List.of(), facts -> change.accept(type.cast(facts)));
    }

    static <F extends Facts> Way of(List<Integer> terms, Class<F> type, Consumer<F> change) {
      return new Way(terms, facts -> change.accept(type.cast(facts)));
    }
  }

  final Context context;

  Facts(Context context) {
    this.context = context;
  }

  static Facts of(Kind kind, Context context) {
    return switch (kind) {
      case NULL -> new ScalarFacts(context, false);
      case BOOLEAN -> new ScalarFacts(context, true);
      case NUMBER -> new NumberFacts(context);
      case STRING -> new StringFacts(context);
      case ARRAY -> new ArrayFacts(context);
      case OBJECT -> new ObjectFacts(context);
    };
  }

  abstract Facts copy();

  /// Takes in the keywords of a schema that a value of this kind fulfils. Returns demands that can
  /// be met in several ways, each of which must be met.
  abstract List<List<Way>> fulfil(JsonNode schema);

  /// The ways in which the keywords for this kind can be missed; adds them to `ways`.
  abstract void miss(JsonNode schema, List<Way> ways);

  /// Demands one of some values, all of this kind. Returns demands as [#fulfil] does.
  abstract List<List<Way>> beOneOf(List<JsonNode> values, JsonNode schema);

  /// The ways to be none of some values, all of this kind.
  abstract List<Way> beNoneOf(List<JsonNode> values, JsonNode schema);

  /// Whether it is known already that there is no such value.
  abstract boolean isDead();

  static List<JsonNode> ofKind(Kind kind, JsonNode schema, SchemaDocument document) {
    List<JsonNode> values = new ArrayList<>();
    for (String keyword : List.of("const", "enum")) {
      JsonNode all = schema.get(keyword);
      if (all == null) {
        continue;
      }
      if (keyword.equals("enum") && !all.isArray()) {
        throw document.wrong(schema, keyword, "must be a list");
      }
      Iterable<JsonNode> listed = keyword.equals("enum") ? all : List.of(all);
      List<JsonNode> here = new ArrayList<>();
      for (JsonNode one : listed) {
        if (Kind.of(one) == kind && !here.contains(one)) {
          here.add(one);
        }
      }
      if (keyword.equals("enum") && schema.has("const")) {
        values.retainAll(here);
      } else {
        values.addAll(here);
      }
    }
    return values;
  }
}
