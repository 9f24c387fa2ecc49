package llava4j.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import llava4j.error.BadInputException;

/// A fast tokenizer from `tokenizer.json`, run by Hugging Face's own library, without truncation or
/// padding.
public final class JsonTokenizer implements Tokenizer {
  private final TokenizerJson json;
  private final HuggingFaceTokenizer library;
  private final Set<Integer> specialIds;
  private final boolean addsBos;
  private final int bosId;
  private final int eosId;
  private final OptionalInt padId;
  private final AtomicBoolean closed = new AtomicBoolean();

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
    this.json = TokenizerJson.read(file);
    this.specialIds = new HashSet<>(json.added().values());
    this.bosId = idOf(file, bos);
    this.eosId = idOf(file, eos);
    this.padId = padId;
    this.addsBos = addsBos;
    this.library = open(file);
  }

  @Override
  public int[] encode(String text, boolean addBos) {
    long[] wide = opened().encode(SoundText.of(text), false, false).getIds();
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
    return opened().decode(wide, skipSpecial);
  }

  @Override
  public StreamingDetokenizer streamingDetokenizer() {
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
    return id >= 0 && id < json.vocabularySize() && imageTokenId().orElse(-1) != id;
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
      library.close(); // a second time would crash the process
    }
  }

  private HuggingFaceTokenizer opened() {
    if (closed.get()) {
      throw new IllegalStateException("the tokenizer is closed");
    }
    return library;
  }

  private int idOf(Path file, String token) {
    Integer id = json.added().get(token);
    if (id == null) {
      throw new BadInputException(
          file + " lacks the special token '" + token + "'; fetch it again");
    }
    return id;
  }

  private static HuggingFaceTokenizer open(Path file) {
    try (InputStream stream = Files.newInputStream(file)) {
      return HuggingFaceTokenizer.newInstance(
          stream, Map.of("truncation", "false", "padding", "false"));
    } catch (IOException | RuntimeException e) {
      throw new BadInputException(
          file + " is not a usable tokenizer: " + e.getMessage() + "; fetch it again", e);
    }
  }
}
