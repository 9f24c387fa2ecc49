package llava4j.text.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A fast tokenizer from `tokenizer.json`, run with Hugging Face's own library, without truncation
/// or padding.
public final class JsonTokenizer implements Tokenizer {
  private final JsonNode content;
  private final TokenizerJson json;
  private final HuggingFaceTokenizer library;
  private final Set<Integer> specialIds;
  private final boolean addsBos;
  private final int bosId;
  private final int eosId;
  private final OptionalInt padId;
  private final AtomicBoolean closed = new AtomicBoolean();

  /// The settings in the other files next to a `tokenizer.json`.
  ///
  /// @param bos spelling of the beginning-of-sequence token; empty for none
  /// @param eos spelling of the token that ends an answer; empty for none
  /// @param addsBos whether texts begin with `bos` unless the caller says otherwise
  public record Settings(String bos, String eos, OptionalInt padId, boolean addsBos) {}

  /// Opens a `tokenizer.json`.
  ///
  /// @param bos spelling of the beginning-of-sequence token
  /// @param eos spelling of the token that ends an answer
  public JsonTokenizer(Path file, String bos, String eos, OptionalInt padId) {
    this(file, bos, eos, padId, true);
  }

  /// Opens a `tokenizer.json`.
  ///
  /// @param bos spelling of the beginning-of-sequence token
  /// @param eos spelling of the token that ends an answer
  /// @param addsBos whether texts begin with `bos` unless the caller says otherwise
  public JsonTokenizer(Path file, String bos, String eos, OptionalInt padId, boolean addsBos) {
    this(TokenizerJson.parse(file), file.toString(), new Settings(bos, eos, padId, addsBos));
  }

  /// Opens the content of a `tokenizer.json`.
  ///
  /// @param where the file in messages
  public JsonTokenizer(JsonNode content, String where, Settings settings) {
    this.content = content;
    this.json = TokenizerJson.of(content, where);
    this.specialIds = new HashSet<>();
    json.special()
        .forEach((id, special) -> {
          if (special) {
            specialIds.add(id);
          }
        });
    this.bosId = idOf(where, settings.bos());
    this.eosId = idOf(where, settings.eos());
    this.padId = settings.padId();
    this.addsBos = settings.addsBos() && bosId >= 0;
    this.library = open(content, where);
  }

  /// The content of the file (vocabulary, merges, added tokens and rules), for writers.
  public JsonNode content() {
    return content;
  }

  /// Whether tokens are bytes in GPT-2's letters, as in LLaMA 3, Qwen and similar models.
  public boolean isByteLevel() {
    return json.byteLevel();
  }

  @Override
  public int[] encode(String text, boolean addBos) {
    long[] wide = opened().encode(SoundText.of(text), false, false).getIds();
    boolean begins = addBos && bosId >= 0;
    int[] ids = new int[wide.length + (begins ? 1 : 0)];
    if (begins) {
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
    return opened().decode(wide, skipSpecial);
  }

  @Override
  public byte[] bytes(int id) {
    String token = json.textToken(id);
    if (token == null) {
      return new byte[0];
    }
    if (json.byteLevel()) {
      return ByteLetters.bytes(token);
    }
    if (!json.decodesLikeLlama()) {
      throw new BadInputException(
          "this model's tokenizer.json has a decoder of its own kind, so its tokens are no pieces of"
              + " text; an answer of a given form needs a byte-level or LLaMA vocabulary");
    }
    int value = Utf8Assembler.byteOf(token);
    return value >= 0
        ? new byte[] {(byte) value}
        : token.replace(PieceDecoder.SPACE, " ").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean dropsFirstBlank() {
    return !json.byteLevel() && json.decodesLikeLlama();
  }

  @Override
  public StreamingDetokenizer streamingDetokenizer() {
    if (json.byteLevel()) {
      return new ByteLevelDetokenizer(json::textToken);
    }
    return json.decodesLikeLlama()
        ? new FastDetokenizer(json::textToken)
        : new HoldingDetokenizer(this);
  }

  @Override
  public boolean addsBos() {
    return addsBos;
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
  public int unkId() {
    return json.unkId();
  }

  @Override
  public OptionalInt padId() {
    return padId;
  }

  @Override
  public int vocabularySize() {
    return json.vocabularySize();
  }

  @Override
  public boolean isGenerable(int id) {
    return json.tokens().containsKey(id) && imageTokenId().orElse(-1) != id;
  }

  @Override
  public boolean isSpecial(int id) {
    return specialIds.contains(id);
  }

  @Override
  public SortedMap<String, Integer> specialTokens() {
    return Collections.unmodifiableSortedMap(json.added());
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      library.close(); // closing it twice would crash the process
    }
  }

  private HuggingFaceTokenizer opened() {
    if (closed.get()) {
      throw new IllegalStateException("the tokenizer is closed");
    }
    return library;
  }

  private int idOf(String where, String token) {
    if (token.isEmpty()) {
      return -1;
    }
    Integer id = json.added().get(token);
    if (id != null) {
      return id;
    }
    return json.tokens().entrySet().stream()
        .filter(entry -> entry.getValue().equals(token))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(() ->
            new BadInputException(
                where + " lacks the special token '" + token + "'; download it again"));
  }

  private static HuggingFaceTokenizer open(JsonNode content, String where) {
    byte[] text = new JsonMapper().writeValueAsBytes(content);
    try (InputStream stream = new ByteArrayInputStream(text)) {
      return HuggingFaceTokenizer.newInstance(
          stream, Map.of("truncation", "false", "padding", "false"));
    } catch (IOException | RuntimeException e) {
      throw new BadInputException(
          where + " is not a usable tokenizer: " + e.getMessage() + "; download it again", e);
    }
  }
}
