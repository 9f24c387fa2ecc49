package llava4j.constraint;

import com.github.erosb.jsonsKema.DuplicateObjectPropertyException;
import com.github.erosb.jsonsKema.FormatValidationPolicy;
import com.github.erosb.jsonsKema.JsonParser;
import com.github.erosb.jsonsKema.JsonValue;
import com.github.erosb.jsonsKema.SchemaLoader;
import com.github.erosb.jsonsKema.ValidationFailure;
import com.github.erosb.jsonsKema.Validator;
import com.github.erosb.jsonsKema.ValidatorConfig;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/// One validator's opinion on texts, under one schema.
interface Judge {
  String NO_ANCHOR = "invalid json pointer: #d";

  SchemaRegistry NETWORKNT =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_2020_12,
          builder ->
              builder.schemaRegistryConfig(
                  SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));

  /// RFC 3339's offsets that sKema 0.32.0 does not know: west of Greenwich in `time`, beyond 18
  /// hours in `date-time`. To it, such texts are given in UTC; networknt's judges them as they are.
  Pattern OFFSET = Pattern.compile("(:\\d\\d(?:\\.\\d+)?)[+-]\\d\\d:\\d\\d(?=\")");

  /// Characters beyond 16 bits, written out or as two escapes. sKema counts each twice; to it, they
  /// are given as others.
  Pattern WIDE = Pattern.compile("[\\x{10000}-\\x{10FFFF}]|\\\\u[dD][89abAB]..\\\\u[dD][c-fC-F]..");

  /// Numbers that a double cannot hold to the last digit, or at all: each judge has rules for which
  /// it makes doubles of them.
  Pattern LONG_NUMBER = Pattern.compile("\\d[\\d.]{16}");

  /// What is wrong with a text, with the validator's name; empty if nothing is.
  String errors(String text);

  /// Validators of different authors, in the order networknt's, sKema; formats count in both. sKema
  /// is missing where it does not find an anchor, as happens rarely to nested ones.
  static List<Judge> all(String schema) {
    try {
      return List.of(networknt(schema), skema(schema));
    } catch (Error e) {
      if (e.getClass() == Error.class && String.valueOf(e.getMessage()).startsWith(NO_ANCHOR)) {
        return List.of(networknt(schema));
      }
      throw e;
    }
  }

  private static Judge networknt(String schema) {
    Schema judge = NETWORKNT.getSchema(schema, InputFormat.JSON);
    return text -> {
      var errors = judge.validate(text, InputFormat.JSON);
      return errors.isEmpty() ? "" : "networknt: " + errors;
    };
  }

  private static Judge skema(String schema) {
    Validator judge =
        Validator.create(
            new SchemaLoader(new JsonParser(schema).parse()).load(),
            new ValidatorConfig(FormatValidationPolicy.ALWAYS));
    return text -> {
      ValidationFailure failure = judge.validate(tree(text));
      if (failure != null) {
        String narrow = WIDE.matcher(text).replaceAll("\u00f8");
        failure = judge.validate(tree(OFFSET.matcher(narrow).replaceAll("$1Z")));
      }
      return failure == null ? "" : "sKema: " + failure;
    };
  }

  // a free member may be written twice (docs/structured-output.md): the last one counts, as it does
  // for networknt's
  private static JsonValue tree(String text) {
    try {
      return new JsonParser(text).parse();
    } catch (DuplicateObjectPropertyException e) {
      return new JsonParser(new JsonMapper().readTree(text).toString()).parse();
    }
  }
}
