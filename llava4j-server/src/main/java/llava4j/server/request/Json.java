package llava4j.server.request;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads and writes JSON. A name that stands twice in an object is an error, because readers differ
/// in which of the values they take.
public final class Json {
  private static final int MOST_NESTED = 64;
  private static final int MOST_DIGITS = 1000;
  private static final int LONGEST_NAME = 10_000;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(Integer.MAX_VALUE) // the body has a limit
                          .maxNestingDepth(MOST_NESTED)
                          .maxNumberLength(MOST_DIGITS)
                          .maxNameLength(LONGEST_NAME)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS) // schemas are passed on
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /// The object in a body.
  ///
  /// @throws Refusal if it is not one JSON object; the message does not repeat the body
  public static Fields read(byte[] body) {
    if (body.length == 0) {
      throw Refusal.of(
          Refusal.Reason.BAD_REQUEST, "the body is empty; send a JSON object as the body");
    }
    JsonNode node;
    try {
      node = MAPPER.readTree(body);
    } catch (JacksonException e) {
      throw Refusal.of(Refusal.Reason.BAD_REQUEST, what(e)).withCause(e);
    } catch (NumberFormatException e) {
      throw Refusal.of(
              Refusal.Reason.BAD_REQUEST,
              "the body has a number whose exponent is too large; write a smaller one")
          .withCause(e);
    }
    if (node == null || !node.isObject()) {
      throw Refusal.of(Refusal.Reason.BAD_REQUEST, "the body is not a JSON object; send an object");
    }
    return Fields.of(node, "");
  }

  /// The reader's own messages name its options and repeat the body.
  private static String what(JacksonException e) {
    TokenStreamLocation at = e.getLocation();
    String where =
        at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
    if (e instanceof StreamConstraintsException) {
      return "the body is nested deeper than "
          + MOST_NESTED
          + " levels, or has a number of more than "
          + MOST_DIGITS
          + " digits or a name of more than "
          + LONGEST_NAME
          + " characters"
          + where
          + "; simplify it";
    }
    return e.getOriginalMessage().startsWith("Duplicate")
        ? "an object of the body has a name twice" + where + "; leave one out"
        : "the body is not valid JSON" + where + "; correct it";
  }

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  public static ArrayNode list() {
    return MAPPER.createArrayNode();
  }

  /// One line.
  public static String write(JsonNode node) {
    return MAPPER.writeValueAsString(node);
  }
}
