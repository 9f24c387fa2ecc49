package llava4j.server.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;

/// The keys that clients may have, of which only digests are kept.
public final class ApiKeys {
  /// Nobody needs a key.
  public static final ApiKeys NONE = new ApiKeys(List.of());

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /// @param name for the log and the metrics
  private record Key(String name, byte[] digest) {}

  private final List<Key> keys;

  private ApiKeys(List<Key> keys) {
    this.keys = List.copyOf(keys);
  }

  /// One key, called `key1`.
  public static ApiKeys of(String secret) {
    return NONE.with("key1", secret, "the API key");
  }

  /// The keys of a file: on each line a key, or a name, blanks and a key. Empty lines and those
  /// that begin with `#` are left out. A key without a name is called `key1`, `key2` and so on.
  ///
  /// @param place for messages
  /// @throws BadInputException if there is no key, or a line cannot be used; no message has a key
  public static ApiKeys parse(String text, String place) {
    ApiKeys keys = NONE;
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String where = place + ", line " + (i + 1);
      String[] words = line.split("\\s+", -1);
      if (words.length > 2) {
        throw new BadInputException(
            where + " has more than a name and a key; a key cannot have blanks");
      }
      String name = words.length == 2 ? words[0] : "key" + (keys.keys.size() + 1);
      keys = keys.with(name, words[words.length - 1], where);
    }
    if (keys.isEmpty()) {
      throw new BadInputException(place + " has no key; write one on each line");
    }
    return keys;
  }

  private ApiKeys with(String name, String secret, String where) {
    if (!NAME.matcher(name).matches()) {
      throw new BadInputException(
          where + ": the name of a key has letters, digits, dots, - and _ only; correct it");
    }
    byte[] digest = digest(secret);
    for (Key other : keys) {
      if (other.name().equals(name)) {
        throw new BadInputException(
            where + ": there is already a key called " + name + "; give it another name");
      }
      if (MessageDigest.isEqual(other.digest(), digest)) {
        throw new BadInputException(
            where + ": this key is that of " + other.name() + "; give each client its own");
      }
    }
    List<Key> more = new ArrayList<>(keys);
    more.add(new Key(name, digest));
    return new ApiKeys(more);
  }

  public boolean isEmpty() {
    return keys.isEmpty();
  }

  /// The name of a key. Digests have one length, and are compared in constant time; every key is
  /// compared, so that the time does not tell which one it was.
  ///
  /// @return empty if there is no such key
  Optional<String> nameOf(String secret) {
    byte[] digest = digest(secret);
    String found = null;
    for (Key key : keys) {
      if (MessageDigest.isEqual(key.digest(), digest)) {
        found = key.name();
      }
    }
    return Optional.ofNullable(found);
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
