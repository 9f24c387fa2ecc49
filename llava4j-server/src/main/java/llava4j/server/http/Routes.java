package llava4j.server.http;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import llava4j.server.request.Refusal;

/// Which handler answers which path. Paths are compared as texts; none becomes the name of a file.
public final class Routes {
  /// @param open whether everybody may ask, without a key
  record Route(Handler handler, boolean open) {}

  private final Map<String, Map<String, Route>> exact = new TreeMap<>();
  private final Map<String, Map<String, Route>> prefixes = new TreeMap<>();

  public Routes get(String path, Handler handler) {
    return add(exact, "GET", path, new Route(handler, false));
  }

  public Routes post(String path, Handler handler) {
    return add(exact, "POST", path, new Route(handler, false));
  }

  /// A page that everybody may see.
  public Routes open(String path, Handler handler) {
    return add(exact, "GET", path, new Route(handler, true));
  }

  /// All paths that begin so.
  public Routes getBelow(String prefix, Handler handler) {
    return add(prefixes, "GET", prefix, new Route(handler, false));
  }

  private Routes add(
      Map<String, Map<String, Route>> table, String method, String path, Route route) {
    table.computeIfAbsent(path, _ -> new TreeMap<>()).put(method, route);
    return this;
  }

  /// All paths with their methods; those of all that begin so end with a slash.
  public Map<String, Set<String>> all() {
    Map<String, Set<String>> all = new TreeMap<>();
    exact.forEach((path, methods) -> all.put(path, methods.keySet()));
    prefixes.forEach((path, methods) -> all.put(path, methods.keySet()));
    return all;
  }

  private Map<String, Route> methods(String path) {
    Map<String, Route> methods = exact.get(path);
    if (methods != null) {
      return methods;
    }
    return prefixes.entrySet().stream()
        .filter(entry -> path.startsWith(entry.getKey()))
        .findFirst()
        .map(Map.Entry::getValue)
        .orElse(Map.of());
  }

  /// The methods of a path as the header `Allow` has them; empty if there is no such path.
  String allowed(String path) {
    Set<String> names = new TreeSet<>(methods(path).keySet());
    if (names.contains("GET")) {
      names.add("HEAD");
    }
    return String.join(", ", names);
  }

  /// @throws Refusal if there is no such path, or it has no such method
  Route find(String method, String path) {
    Map<String, Route> methods = methods(path);
    if (methods.isEmpty()) {
      throw Refusal.of(Refusal.Reason.NOT_FOUND, "there is no such path; see docs/serving.md");
    }
    Route route = methods.get(method.equals("HEAD") ? "GET" : method);
    if (route == null) {
      throw Refusal.of(
          Refusal.Reason.METHOD_NOT_ALLOWED, "this path answers to " + allowed(path) + " only");
    }
    return route;
  }
}
