package llava4j.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.text.jinja.Node.Signature;
import llava4j.text.jinja.Node.Stmt;

/// A macro, or the body of a `call` block.
final class Macro implements Callee {
  private final String name;
  private final Signature signature;
  private final List<Stmt> body;
  private final Scope scope;
  private final Renderer renderer;

  /// @param scope where it was defined
  Macro(String name, Signature signature, List<Stmt> body, Scope scope, Renderer renderer) {
    this.name = name;
    this.signature = signature;
    this.body = body;
    this.scope = scope;
    this.renderer = renderer;
  }

  @Override
  public Object call(Arguments arguments) {
    List<String> parameters = signature.parameters();
    int numGiven = Math.min(parameters.size(), arguments.positional().size());
    Map<String, Object> keywords = new LinkedHashMap<>(arguments.keywords());
    Scope inner = new Scope(scope);
    for (int i = 0; i < parameters.size(); i++) {
      String parameter = parameters.get(i);
      if (i < numGiven) {
        inner.set(parameter, arguments.positional().get(i));
      } else if (keywords.containsKey(parameter)) {
        inner.set(parameter, keywords.remove(parameter));
      } else {
        inner.set(parameter, defaultOf(i, inner));
      }
    }
    Object caller = keywords.remove("caller");
    if (signature.used().contains("caller")) {
      inner.set("caller", caller == null ? new Undefined("No caller defined") : caller);
    } else if (caller != null) {
      throw new JinjaException("macro '" + name + "' takes no caller");
    }
    takeRest(arguments.positional(), numGiven, keywords, inner);
    return renderer.text(body, inner);
  }

  private Object defaultOf(int parameter, Scope inner) {
    int place = parameter - (signature.parameters().size() - signature.defaults().size());
    return place < 0
        ? new Undefined(
            "parameter '" + signature.parameters().get(parameter) + "' was not provided")
        : renderer.value(signature.defaults().get(place), inner);
  }

  private void takeRest(
      List<Object> positional, int numTaken, Map<String, Object> keywords, Scope inner) {
    if (signature.used().contains("kwargs")) {
      inner.set("kwargs", keywords);
    } else if (!keywords.isEmpty()) {
      throw new JinjaException(
          "macro '" + name + "' takes no argument '" + keywords.keySet().iterator().next() + "'");
    }
    List<Object> rest = new ArrayList<>(positional.subList(numTaken, positional.size()));
    if (signature.used().contains("varargs")) {
      inner.set("varargs", new Tuple(rest));
    } else if (!rest.isEmpty()) {
      throw new JinjaException(
          "macro '" + name + "' takes not more than " + numTaken + " arguments");
    }
  }

  /// An attribute; null if there is none.
  Object attribute(String attribute) {
    return switch (attribute) {
      case "name" -> name;
      case "arguments" -> new Tuple(List.copyOf(signature.parameters()));
      case "caller" -> signature.used().contains("caller");
      case "catch_kwargs" -> signature.used().contains("kwargs");
      case "catch_varargs" -> signature.used().contains("varargs");
      default -> null;
    };
  }
}
