package llava4j.text.tokenizer;

import ai.djl.sentencepiece.SpProcessor;
import ai.djl.sentencepiece.SpTokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import llava4j.error.BadInputException;
import llava4j.text.tokenizer.SentencePieceModel.Piece;
import llava4j.text.tokenizer.SentencePieceModel.PieceType;
import llava4j.text.tokenizer.SentencePieceTokenizer.Settings.Strip;

/// The slow `LlamaTokenizer` of transformers with a SentencePiece model, with both of its rules:
///
/// - legacy: each text between special tokens gets its own dummy prefix;
/// - non-legacy: only the beginning of the text does.
public final class SentencePieceTokenizer implements Tokenizer {
  private static final String UNKNOWN = "<unk>";
  private static final Strip NO_STRIP = new Strip(false, false);

  /// The settings of a tokenizer.
  ///
  /// @param legacy transformers' `legacy` flag
  /// @param bosId beginning-of-sequence id
  /// @param eosId id that ends an answer
  /// @param added tokens beyond the SentencePiece model, such as `<image>`, with their ids
  /// @param strips special tokens that remove the white space next to them
  /// @param addsBos whether texts begin with `bosId` unless the caller says otherwise
  /// @param words tokens of `added` that are not special and stay in decoded text (`"special":
  ///   false`)
  public record Settings(
      boolean legacy,
      int bosId,
      int eosId,
      OptionalInt padId,
      SortedMap<String, Integer> added,
      Map<String, Strip> strips,
      boolean addsBos,
      Set<String> words) {

    /// A special token's `lstrip` and `rstrip` flags.
    public record Strip(boolean left, boolean right) {}

    public Settings {
      added = Collections.unmodifiableSortedMap(new TreeMap<>(added));
      strips = Map.copyOf(strips);
      words = Set.copyOf(words);
    }

    /// Settings in which all added tokens are special.
    public Settings(
        boolean legacy,
        int bosId,
        int eosId,
        OptionalInt padId,
        SortedMap<String, Integer> added,
        Map<String, Strip> strips,
        boolean addsBos) {
      this(legacy, bosId, eosId, padId, added, strips, addsBos, Set.of());
    }

    /// Settings without tokens that remove white space, as in LLaVA's files.
    public Settings(
        boolean legacy, int bosId, int eosId, OptionalInt padId, SortedMap<String, Integer> added) {
      this(legacy, bosId, eosId, padId, added, Map.of(), true);
    }

    /// LLaMA's settings: `<s>` is 1, `</s>` is 2, no added tokens.
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
  private final Set<Integer> specialIds = new HashSet<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final int unkId;
  private final int unknownPrefixLength;

  public SentencePieceTokenizer(SentencePieceModel model, Settings settings) {
    this.model = model;
    this.settings = settings;
    SentencePieceModel loaded = settings.legacy() ? model : model.withoutDummyPrefix();
    this.library = open(loaded);
    this.processor = library.getProcessor();
    int unknown = 0;
    for (int id = 0; id < model.pieces().size(); id++) {
      Piece piece = model.pieces().get(id);
      unknown = piece.type() == PieceType.UNKNOWN ? id : unknown;
      pieces.putIfAbsent(piece.text(), piece);
      if (piece.type() == PieceType.CONTROL || piece.type() == PieceType.UNKNOWN) {
        specials.put(piece.text(), id);
      }
    }
    this.unkId = unknown;
    specials.putAll(settings.added());
    specials.forEach((token, id) -> {
      if (!settings.words().contains(token)) {
        specialIds.add(id);
      }
    });
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
      String sound = SoundText.of(text);
      List<String> segments = splitAtSpecials(settings.legacy() ? sound : prefixed(sound));
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

  /// Ids of a text from SentencePiece only: without special tokens and beginning-of-sequence id.
  int[] encodePieces(String text) {
    return nativeIds(SoundText.of(text));
  }

  @Override
  public byte[] bytes(int id) {
    String text = textPiece(id);
    if (text == null) {
      return new byte[0];
    }
    Piece piece = pieces.get(text);
    if (piece != null && piece.type() == PieceType.BYTE) {
      return new byte[] {(byte) Utf8Assembler.byteOf(text)};
    }
    String said = piece == null ? text : text.replace(PieceDecoder.SPACE, " ");
    return said.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean dropsFirstBlank() {
    return settings.legacy() && model.addDummyPrefix();
  }

  @Override
  public StreamingDetokenizer streamingDetokenizer() {
    return new SlowDetokenizer(this::textPiece, newPieceDecoder());
  }

  @Override
  public String decode(int[] ids, boolean skipSpecial) {
    List<String> tokens = new ArrayList<>();
    for (int id : ids) {
      String token = token(id);
      if (token != null && !(skipSpecial && isHidden(token))) {
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
  public int unkId() {
    return unkId;
  }

  @Override
  public boolean addsBos() {
    return settings.addsBos();
  }

  @Override
  public boolean isSpecial(int id) {
    return specialIds.contains(id);
  }

  @Override
  public boolean isGenerable(int id) {
    boolean standsForText =
        (id >= 0 && id < model.pieces().size())
            ? model.pieces().get(id).type() != PieceType.UNUSED
            : addedById.containsKey(id);
    return standsForText && imageTokenId().orElse(-1) != id;
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
  public SortedMap<String, Integer> specialTokens() {
    return Collections.unmodifiableSortedMap(specials);
  }

  /// The SentencePiece model, for writers.
  public SentencePieceModel model() {
    return model;
  }

  /// Number of pieces of the trained model, without added tokens.
  public int numBasePieces() {
    int base = model.pieces().size();
    while (base > 0
        && (addedById.containsKey(base - 1)
            || model.pieces().get(base - 1).type() == PieceType.UNUSED)) {
      base--;
    }
    return base;
  }

  /// The trained model, without added tokens.
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
      library.close(); // closing it twice would crash the process
    }
  }

  private int[] nativeIds(String text) {
    if (closed.get()) {
      throw new IllegalStateException("the tokenizer is closed");
    }
    return processor.encode(text);
  }

  private static SpTokenizer open(SentencePieceModel model) {
    try {
      return new SpTokenizer(model.bytes());
    } catch (RuntimeException e) {
      throw new BadInputException(
          "SentencePiece refuses the tokenizer's vocabulary: "
              + e.getMessage()
              + "; download the tokenizer files again",
          e);
    }
  }

  private static String prefixed(String text) {
    return PieceDecoder.SPACE + text.replace(PieceDecoder.SPACE, " ");
  }

  /// Non-legacy: a segment that starts with a blank is encoded after `<unk>`, whose pieces are then
  /// removed, because SentencePiece would remove the blank at the start.
  private int[] encodeSegment(String segment) {
    boolean startsBlank = segment.startsWith(PieceDecoder.SPACE) || segment.startsWith(" ");
    if (settings.legacy() || !startsBlank) {
      return nativeIds(segment);
    }
    int[] ids = nativeIds(UNKNOWN + segment);
    return Arrays.copyOfRange(ids, Math.min(unknownPrefixLength, ids.length), ids.length);
  }

  /// Splits off special tokens, at each position the longest match. Tokens with `lstrip` or
  /// `rstrip` remove the white space next to them.
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
      Strip strip = settings.strips().getOrDefault(longest, NO_STRIP);
      String before = text.substring(start, at);
      before = strip.left() ? before.stripTrailing() : before;
      if (!before.isEmpty()) {
        segments.add(before);
      }
      segments.add(longest);
      at += longest.length();
      while (strip.right() && at < text.length() && Character.isWhitespace(text.charAt(at))) {
        at++;
      }
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
    StringBuilder segment = new StringBuilder();
    PieceDecoder decoder = newPieceDecoder();
    boolean afterSpecial = false;
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      boolean special = isHidden(token);
      if (special) {
        if (!afterSpecial && i != 0 && settings.legacy()) {
          text.append(' ');
        }
        text.append(segment).append(decoder.finish()).append(token);
        segment.setLength(0);
        decoder = newPieceDecoder();
      } else {
        if (afterSpecial && i == 1 && !token.startsWith(PieceDecoder.SPACE)) {
          text.append(' ');
        }
        segment.append(decoder.accept(token));
      }
      afterSpecial = special;
    }
    return text.append(segment).append(decoder.finish()).toString();
  }

  /// The piece of an id; null for special ids and ids outside of the vocabulary.
  private String textPiece(int id) {
    String token = token(id);
    return token == null || isHidden(token) ? null : token;
  }

  /// Whether a token is special and is not decoded to text.
  private boolean isHidden(String token) {
    return specials.containsKey(token) && !settings.words().contains(token);
  }

  private PieceDecoder newPieceDecoder() {
    return new PieceDecoder(pieces, dropsFirstBlank());
  }

  private static void addAll(List<Integer> ids, int[] more) {
    for (int id : more) {
      ids.add(id);
    }
  }
}
