package llava4j.text;

import ai.djl.sentencepiece.SpProcessor;
import ai.djl.sentencepiece.SpTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import llava4j.text.SentencePieceModel.Piece;
import llava4j.text.SentencePieceModel.PieceType;

/// The slow `LlamaTokenizer` of transformers over a SentencePiece model, in both of its rules:
///
/// - legacy: each stretch of text between special tokens gets its own dummy prefix;
/// - non-legacy: only the beginning of the text does.
public final class SentencePieceTokenizer implements Tokenizer {
  private static final String UNKNOWN = "<unk>";

  /// How a tokenizer treats its text.
  ///
  /// @param legacy transformers' `legacy` flag
  /// @param bosId id put first
  /// @param eosId id that ends an answer
  /// @param added tokens beyond the SentencePiece model, such as `<image>`, with their ids
  public record Settings(
      boolean legacy, int bosId, int eosId, OptionalInt padId, SortedMap<String, Integer> added) {

    /// LLaMA's own: `<s>` is 1, `</s>` is 2, nothing added.
    public static Settings llama(boolean legacy) {
      return new Settings(legacy, 1, 2, OptionalInt.empty(), Collections.emptySortedMap());
    }
  }

  private final SentencePieceModel model;
  private final Settings settings;
  private final SpTokenizer library;
  private final SpProcessor processor;
  private final Map<String, Piece> pieces = new HashMap<>();
  private final Map<Integer, String> addedById = new HashMap<>();
  private final SortedMap<String, Integer> specials = new TreeMap<>();
  private final int unknownPrefixLength;
  private final AtomicBoolean closed = new AtomicBoolean();

  public SentencePieceTokenizer(SentencePieceModel model, Settings settings) {
    this.model = model;
    this.settings = settings;
    SentencePieceModel loaded = settings.legacy() ? model : model.withoutDummyPrefix();
    this.library = new SpTokenizer(loaded.bytes());
    this.processor = library.getProcessor();
    for (int id = 0; id < model.pieces().size(); id++) {
      Piece piece = model.pieces().get(id);
      pieces.putIfAbsent(piece.text(), piece);
      if (piece.type() == PieceType.CONTROL || piece.type() == PieceType.UNKNOWN) {
        specials.put(piece.text(), id);
      }
    }
    specials.putAll(settings.added());
    settings.added().forEach((token, id) -> addedById.put(id, token));
    this.unknownPrefixLength = processor.encode(UNKNOWN).length;
  }

  @Override
  public int[] encode(String text, boolean addBos) {
    List<Integer> ids = new ArrayList<>();
    if (addBos) {
      ids.add(settings.bosId());
    }
    if (!text.isEmpty()) {
      List<String> segments = splitAtSpecials(settings.legacy() ? text : prefixed(text));
      for (int i = 0; i < segments.size(); i++) {
        String segment = segments.get(i);
        boolean blankBeforeSpecial =
            !settings.legacy()
                && i == 0
                && segment.equals(PieceDecoder.SPACE)
                && segments.size() > 1;
        if (specials.containsKey(segment)) {
          ids.add(specials.get(segment));
        } else if (!blankBeforeSpecial) {
          addAll(ids, encodeSegment(segment));
        }
      }
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  /// Ids of a text by SentencePiece alone: no special tokens, no beginning id.
  int[] encodePieces(String text) {
    return processor.encode(text);
  }

  @Override
  public String decode(int[] ids, boolean skipSpecial) {
    List<String> tokens = new ArrayList<>();
    for (int id : ids) {
      String token = token(id);
      if (token != null && !(skipSpecial && specials.containsKey(token))) {
        tokens.add(token);
      }
    }
    return tokens.isEmpty() ? "" : toText(tokens);
  }

  @Override
  public int bosId() {
    return settings.bosId();
  }

  @Override
  public int eosId() {
    return settings.eosId();
  }

  @Override
  public OptionalInt padId() {
    return settings.padId();
  }

  @Override
  public int vocabularySize() {
    return model.pieces().size();
  }

  @Override
  public boolean isGenerable(int id) {
    return id < model.pieces().size()
        && model.pieces().get(id).type() != PieceType.UNUSED
        && !addedById.containsKey(id);
  }

  @Override
  public SortedMap<String, Integer> specialTokens() {
    return Collections.unmodifiableSortedMap(specials);
  }

  /// The model under this tokenizer, for writers.
  public SentencePieceModel model() {
    return model;
  }

  /// Pieces of the trained model, without what was added behind it.
  public int numBasePieces() {
    int base = model.pieces().size();
    while (base > 0
        && (addedById.containsKey(base - 1)
            || model.pieces().get(base - 1).type() == PieceType.UNUSED)) {
      base--;
    }
    return base;
  }

  /// The trained model, without what was added behind it.
  public SentencePieceModel baseModel() {
    return SentencePieceModel.of(
        model.pieces().subList(0, numBasePieces()), model.addDummyPrefix());
  }

  public Settings settings() {
    return settings;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      library.close(); // a second time would crash the process
    }
  }

  private static String prefixed(String text) {
    return PieceDecoder.SPACE + text.replace(PieceDecoder.SPACE, " ");
  }

  /// Non-legacy: a segment that starts with a blank is encoded behind `<unk>`, whose pieces are
  /// then cut off, because SentencePiece would strip the blank at the start.
  private int[] encodeSegment(String segment) {
    boolean startsBlank = segment.startsWith(PieceDecoder.SPACE) || segment.startsWith(" ");
    if (settings.legacy() || !startsBlank) {
      return processor.encode(segment);
    }
    int[] ids = processor.encode(UNKNOWN + segment);
    return Arrays.copyOfRange(ids, Math.min(unknownPrefixLength, ids.length), ids.length);
  }

  /// Cuts out special tokens: at each place the longest that fits.
  private List<String> splitAtSpecials(String text) {
    List<String> segments = new ArrayList<>();
    int start = 0;
    int at = 0;
    while (at < text.length()) {
      String longest = longestAt(text, at, specials.keySet());
      if (longest == null) {
        at++;
        continue;
      }
      if (at > start) {
        segments.add(text.substring(start, at));
      }
      segments.add(longest);
      at += longest.length();
      start = at;
    }
    if (start < text.length()) {
      segments.add(text.substring(start));
    }
    return segments;
  }

  private static String longestAt(String text, int at, Collection<String> tokens) {
    String longest = null;
    for (String token : tokens) {
      if (text.startsWith(token, at) && (longest == null || token.length() > longest.length())) {
        longest = token;
      }
    }
    return longest;
  }

  private String token(int id) {
    if (addedById.containsKey(id)) {
      return addedById.get(id);
    }
    return id >= 0 && id < model.pieces().size() ? model.pieces().get(id).text() : null;
  }

  /// `LlamaTokenizer.convert_tokens_to_string`.
  private String toText(List<String> tokens) {
    if (tokens.get(0).startsWith(PieceDecoder.SPACE)) {
      tokens.set(0, tokens.get(0).substring(PieceDecoder.SPACE.length()));
    }
    StringBuilder text = new StringBuilder();
    PieceDecoder segment = newPieceDecoder();
    boolean afterSpecial = false;
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      if (specials.containsKey(token)) {
        if (!afterSpecial && i != 0 && settings.legacy()) {
          text.append(' ');
        }
        text.append(segment.finish()).append(token);
        segment = newPieceDecoder();
      } else {
        if (afterSpecial && i == 1 && !token.startsWith(PieceDecoder.SPACE)) {
          text.append(' ');
        }
        segment.add(token);
      }
      afterSpecial = specials.containsKey(token);
    }
    return text.append(segment.finish()).toString();
  }

  private PieceDecoder newPieceDecoder() {
    return new PieceDecoder(pieces, settings.legacy() && model.addDummyPrefix());
  }

  private static void addAll(List<Integer> ids, int[] more) {
    for (int id : more) {
      ids.add(id);
    }
  }
}
