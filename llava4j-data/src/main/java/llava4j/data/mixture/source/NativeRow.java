package llava4j.data.mixture.source;

import java.util.ArrayList;
import java.util.List;
import llava4j.data.WhitespaceWords;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;

/// One row of a source's file. The getters throw an exception if the key is missing or its value
/// has the wrong type.
///
/// @param place description of its position, for messages
record NativeRow(NativeFile file, String place, JsonNode node) {

  boolean has(String key) {
    return node.hasNonNull(key);
  }

  /// An unchanged text.
  String text(String key) {
    JsonNode value = node.path(key);
    if (!value.isString()) {
      throw wrong(key, "text");
    }
    return value.asString();
  }

  /// A text on one line, without leading and trailing white space.
  String line(String key) {
    return WhitespaceWords.oneLine(text(key));
  }

  /// An integer.
  long integer(String key) {
    JsonNode value = node.path(key);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong(key, "whole number");
    }
    return value.asLong();
  }

  /// A number of pixels: an integer, at least 1.
  int pixels(String key) {
    long value = integer(key);
    if (value < 1 || value > Integer.MAX_VALUE) {
      throw wrong(key, "number of pixels");
    }
    return (int) value;
  }

  double number(String key) {
    JsonNode value = node.path(key);
    if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
      throw wrong(key, "number");
    }
    return value.asDouble();
  }

  /// A text or an integer, as text.
  String id(String key) {
    JsonNode value = node.path(key);
    if (!value.isString() && !value.isIntegralNumber()) {
      throw wrong(key, "text or whole number");
    }
    return value.asString();
  }

  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (JsonNode value : list(key)) {
      if (!value.isString()) {
        throw wrong(key, "list of texts");
      }
      texts.add(value.asString());
    }
    return texts;
  }

  List<Double> numbers(String key, int size) {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode value : list(key)) {
      numbers.add(value.isNumber() ? value.asDouble() : Double.NaN);
    }
    if (numbers.size() != size || !numbers.stream().allMatch(Double::isFinite)) {
      throw wrong(key, "list of " + size + " numbers");
    }
    return numbers;
  }

  /// The objects of a list.
  List<NativeRow> rows(String key) {
    List<NativeRow> rows = new ArrayList<>();
    for (JsonNode value : list(key)) {
      rows.add(new NativeRow(file, place + ", " + key + " " + rows.size(), value).requireObject());
    }
    return rows;
  }

  NativeRow requireObject() {
    if (!node.isObject()) {
      throw file.wrong(place + " is not a JSON object");
    }
    return this;
  }

  BadInputException wrong(String key, String kind) {
    String what =
        node.has(key)
            ? " has a '" + key + "' that is not a "
            : " has no '" + key + "', which must be a ";
    return file.wrong(place + what + kind);
  }

  private JsonNode list(String key) {
    JsonNode value = node.path(key);
    if (!value.isArray()) {
      throw wrong(key, "list");
    }
    return value;
  }
}
