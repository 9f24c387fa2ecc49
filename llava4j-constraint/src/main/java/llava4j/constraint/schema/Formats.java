package llava4j.constraint.schema;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The formats of draft 2020-12 as regular expressions. Where a format cannot be told exactly by an
/// expression, fewer texts are allowed, never more.
final class Formats {
  private static final String DATE =
      "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
          + "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
          + "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
  private static final String CLOCK =
      "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?";
  private static final String ZONE = "(?:[zZ]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
  private static final String LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
  private static final String HOST = LABEL + "(?:\\." + LABEL + ")*";
  private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final String IPV4 = BYTE + "(?:\\." + BYTE + "){3}";
  private static final String ATOM = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+";
  private static final String ESCAPED = "%[0-9A-Fa-f]{2}";
  private static final String SAFE = "[a-zA-Z0-9._~!$&'()*+,;=-]";
  private static final String PATH = "(?:" + SAFE + "|[:@/]|" + ESCAPED + ")";
  private static final String TAIL = "(?:\\?(?:" + PATH + "|\\?)*)?(?:#(?:" + PATH + "|\\?)*)?";
  private static final String AUTHORITY =
      "//(?:(?:"
          + SAFE
          + "|:|"
          + ESCAPED
          + ")*@)?(?:(?:"
          + SAFE
          + "|"
          + ESCAPED
          + ")*)(?::[0-9]{0,5})?(?:/"
          + PATH
          + "*)?";
  private static final String NOT_SLASHES = "(?:/(?!/)" + PATH + "*|(?!/)" + PATH + "+)";
  private static final String URI_TEXT =
      "[a-zA-Z][a-zA-Z0-9+.-]*:(?:" + AUTHORITY + "|" + NOT_SLASHES + ")" + TAIL;
  private static final String RELATIVE =
      "(?:"
          + AUTHORITY
          + "|/(?!/)"
          + PATH
          + "*|(?:(?:"
          + SAFE
          + "|[@]|"
          + ESCAPED
          + ")+(?:/"
          + PATH
          + "*)?)?)"
          + TAIL;
  private static final String DURATION =
      "P(?:[0-9]+W|(?=[0-9]|T[0-9])(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)?"
          + "(?:T(?=[0-9])(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?)";
  private static final String POINTER = "(?:/(?:[^~/]|~[01])*)*";

  /// Defined by the draft, but not by an expression.
  private static final Set<String> UNSUPPORTED =
      Set.of(
          "regex",
          "idn-hostname",
          "idn-email",
          "iri",
          "iri-reference",
          "uri-template",
          "relative-json-pointer");

  private Formats() {}

  /// Whether the draft defines the format, so that it must not be ignored.
  static boolean isDefined(String name) {
    return UNSUPPORTED.contains(name) || expression(name).isPresent();
  }

  /// The expression that a whole text must match; empty if there is none.
  static Optional<String> expression(String name) {
    return Optional.ofNullable(
        switch (name) {
          case "date" -> DATE;
          case "time" -> CLOCK + ZONE;
          case "date-time" -> DATE + "[tT]" + CLOCK + ZONE;
          case "duration" -> DURATION;
          case "email" ->
              "(?=[^@]{1,64}@)" + ATOM + "(?:\\." + ATOM + ")*@(?:" + HOST + "|\\[" + IPV4 + "\\])";
          case "hostname", "host-name" -> HOST;
          case "ipv4", "ip-address" -> IPV4;
          case "ipv6" -> ipv6();
          case "uuid" ->
              "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
          case "uri" -> URI_TEXT;
          case "uri-reference" -> URI_TEXT + "|" + RELATIVE;
          case "json-pointer" -> POINTER;
          default -> null;
        });
  }

  /// The expressions that must all match: the format's own and, for names of hosts, their length;
  /// labels with two hyphens behind two characters encode others, which cannot be checked.
  static List<String> all(String expression) {
    return expression.equals(HOST)
        ? List.of(expression, "(?![^.]{2}--)(?!.*\\.[^.]{2}--)[^]{1,253}")
        : List.of(expression);
  }

  private static String ipv6() {
    String group = "[0-9a-fA-F]{1,4}";
    String last = "(?:" + group + ":" + group + "|" + IPV4 + ")";
    StringBuilder all = new StringBuilder("(?:" + group + ":){6}" + last);
    for (int before = 0; before <= 7; before++) {
      String head = before == 0 ? "" : group + "(?::" + group + "){0," + (before - 1) + "}";
      int after = 7 - before;
      all.append("|(?:").append(before == 0 ? "" : "(?:" + head + ")").append("::");
      if (after >= 2) {
        all.append("(?:(?:")
            .append(group)
            .append(":){0,")
            .append(after - 2)
            .append("}")
            .append(last)
            .append("|")
            .append(group)
            .append(")?");
      } else if (after == 1) {
        all.append("(?:").append(group).append(")?");
      }
      all.append(")");
    }
    return all.toString();
  }
}
