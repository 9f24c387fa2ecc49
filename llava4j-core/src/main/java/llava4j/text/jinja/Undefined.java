package llava4j.text.jinja;

/// The value of an undefined name: an empty text, an empty list, or false; every other use is an
/// error.
///
/// @param problem the error message
record Undefined(String problem) {
  static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  static Undefined attribute(Object of, Object name) {
    return new Undefined(
        (of == null ? "None" : "a " + Operators.typeName(of)) + " has no attribute " + shown(name));
  }

  /// Short, because the message may be created at every look-up.
  private static String shown(Object name) {
    return switch (name) {
      case String text -> PythonText.repr(text.substring(0, Math.min(text.length(), 100)));
      case Long number -> number.toString();
      case null, default -> "a " + Operators.typeName(name);
    };
  }

  static Undefined forbidden(String name) {
    return new Undefined("access to attribute '" + name + "' is not allowed in a chat template");
  }

  JinjaException error() {
    return new JinjaException(problem);
  }
}
