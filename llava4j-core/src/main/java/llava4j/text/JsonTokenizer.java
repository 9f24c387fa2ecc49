package llava4j.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A fast tokenizer from `tokenizer.json`, run by Hugging Face's own library.
public final class JsonTokenizer implements Tokenizer {
  private final HuggingFaceTokenizer library;
  private final SortedMap<String, Integer> specials = new TreeMap<>();
  private final int vocabularySize;
  private final int bosId;
  private final int eosId;
  private final OptionalInt padId;
  private final AtomicBoolean closed = new AtomicBoolean();

  /// Opens a `tokenizer.json`.
  ///
  /// @param bos spelling of the beginning-of-sequence token
  /// @param eos spelling of the token that ends an answer
  public JsonTokenizer(Path file, String bos, String eos, OptionalInt padId) {
    JsonNode json = parse(file);
    for (JsonNode token : json.path("added_tokens")) {
      specials.put(token.path("content").asString(""), token.path("id").asInt(-1));
    }
    this.vocabularySize = json.path("model").path("vocab").size();
    this.bosId = idOf(file, bos);
    this.eosId = idOf(file, eos);
    this.padId = padId;
    this.library = open(file);
  }

  @Override
  public int[] encode(String text, boolean addBos) {
    long[] wide = library.encode(text, false, false).getIds();
    int[] ids = new int[wide.length + (addBos ? 1 : 0)];
    if (addBos) {
      ids[0] = bosId;
    }
    for (int i = 0; i < wide.length; i++) {
      ids[ids.length - wide.length + i] = Math.toIntExact(wide[i]);
    }
    return ids;
  }

  @Override
  public String decode(int[] ids, boolean skipSpecial) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return library.decode(wide, skipSpecial);
  }

  @Override
  public int bosId() {
    return bosId;
  }

  @Override
  public int eosId() {
    return eosId;
  }

  @Override
  public OptionalInt padId() {
    return padId;
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public boolean isGenerable(int id) {
    return id < vocabularySize && imageTokenId().orElse(-1) != id;
  }

  @Override
  public SortedMap<String, Integer> specialTokens() {
    return Collections.unmodifiableSortedMap(specials);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      library.close();
    }
  }

  private int idOf(Path file, String token) {
    Integer id = specials.get(token);
    if (id == null) {
      throw new BadInputException(
          file + " lacks the special token '" + token + "'; fetch it again");
    }
    return id;
  }

  private static JsonNode parse(Path file) {
    try {
      JsonNode json = new JsonMapper().readTree(file.toFile());
      if (!json.path("model").path("vocab").isObject()) {
        throw new BadInputException(file + " is not a tokenizer with a vocabulary; fetch it again");
      }
      return json;
    } catch (JacksonException e) {
      throw new BadInputException(file + " is not readable JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static HuggingFaceTokenizer open(Path file) {
    try (InputStream stream = Files.newInputStream(file)) {
      return HuggingFaceTokenizer.newInstance(
          stream, Map.of("truncation", "false", "padding", "false"));
    } catch (IOException | RuntimeException e) {
      throw new BadInputException(file + " is not a usable tokenizer: " + e.getMessage(), e);
    }
  }
}
