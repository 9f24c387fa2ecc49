package llava4j.text.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import llava4j.text.tokenizer.SentencePieceModel.Piece;
import llava4j.text.tokenizer.SentencePieceModel.PieceType;
import llava4j.text.tokenizer.SentencePieceTokenizer.Settings.Strip;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Converts a SentencePiece tokenizer to Hugging Face's `tokenizer.json`, with which the fast
/// tokenizers of transformers give the same ids.
///
/// The rules are those of transformers' `LlamaConverter`: merges in the order of the pieces'
/// scores, byte fallback, blanks as `▁`, special tokens split off first. There is one difference.
/// Without `legacy`, the converter's `Metaspace` gives a text that begins with a blank one blank
/// less than the slow tokenizer. Two `Metaspace` steps after a normaliser that has already replaced
/// the blanks give the same number: the first always adds a blank at the start of the text, the
/// second replaces that blank.
public final class SentencePieceJson {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String SPACE = PieceDecoder.SPACE;

  private final SentencePieceTokenizer tokenizer;
  private final SentencePieceModel model;
  private final boolean legacy;
  private final SortedMap<Integer, String> added = new TreeMap<>();

  /// The left and right part of a merged piece, with the score of the piece.
  private record Merge(String left, String right, float score) {}

  /// @param more additional tokens of the written file, with their ids
  public SentencePieceJson(SentencePieceTokenizer tokenizer, Map<String, Integer> more) {
    this.tokenizer = tokenizer;
    this.model = tokenizer.baseModel();
    this.legacy = tokenizer.settings().legacy();
    for (int id = 0; id < model.pieces().size(); id++) {
      PieceType type = model.pieces().get(id).type();
      if (type == PieceType.CONTROL || type == PieceType.UNKNOWN || isUserDefined(type)) {
        added.put(id, model.pieces().get(id).text());
      }
    }
    tokenizer.settings().added().forEach((token, id) -> added.put(id, token));
    more.forEach((token, id) -> added.put(id, token));
    added.values().removeIf(token -> token.startsWith("[PAD") && !isTrained(token));
  }

  /// The file's text.
  public String text() {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    putAddedTokens(root.putArray("added_tokens"));
    putNormaliser(root);
    putPreTokenizer(root);
    putPostProcessor(root.putObject("post_processor"));
    putDecoder(root.putObject("decoder"));
    putModel(root.putObject("model"));
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  private void putAddedTokens(ArrayNode list) {
    added.forEach((id, token) -> {
      Strip strip = tokenizer.settings().strips().getOrDefault(token, new Strip(false, false));
      list.addObject()
          .put("id", id)
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", strip.left())
          .put("rstrip", strip.right())
          .put("normalized", false)
          .put(
              "special",
              !isUserDefined(typeOf(id)) && !tokenizer.settings().words().contains(token));
    });
  }

  private void putNormaliser(ObjectNode root) {
    ArrayNode steps = root.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
    if (model.removeExtraBlanks()) {
      steps.addObject().put("type", "Strip").put("strip_left", true).put("strip_right", true);
      steps
          .addObject()
          .put("type", "Replace")
          .put("content", " ")
          .putObject("pattern")
          .put("Regex", " {2,}");
    }
    if (legacy && model.addDummyPrefix()) {
      steps.addObject().put("type", "Prepend").put("prepend", SPACE);
    }
    steps
        .addObject()
        .put("type", "Replace")
        .put("content", SPACE)
        .putObject("pattern")
        .put("String", " ");
  }

  private void putPreTokenizer(ObjectNode root) {
    if (legacy) {
      root.putNull("pre_tokenizer");
      return;
    }
    ArrayNode steps =
        root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    putMetaspace(steps, " ", "first");
    putMetaspace(steps, SPACE, "never");
  }

  private static void putMetaspace(ArrayNode steps, String replacement, String scheme) {
    steps
        .addObject()
        .put("type", "Metaspace")
        .put("replacement", replacement)
        .put("prepend_scheme", scheme)
        .put("split", false);
  }

  private void putPostProcessor(ObjectNode processor) {
    processor.put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    ArrayNode pair = processor.putArray("pair");
    ObjectNode tokens = JSON.createObjectNode();
    String bos = tokenizer.decode(new int[] {tokenizer.bosId()}, false);
    if (tokenizer.addsBos()) {
      putPart(single, "SpecialToken", bos, 0);
      putPart(pair, "SpecialToken", bos, 0);
      ObjectNode entry = tokens.putObject(bos).put("id", bos);
      entry.putArray("ids").add(tokenizer.bosId());
      entry.putArray("tokens").add(bos);
    }
    putPart(single, "Sequence", "A", 0);
    putPart(pair, "Sequence", "A", 0);
    if (tokenizer.addsBos()) {
      putPart(pair, "SpecialToken", bos, 1);
    }
    putPart(pair, "Sequence", "B", 1);
    processor.set("special_tokens", tokens);
  }

  private static void putPart(ArrayNode parts, String kind, String id, int type) {
    parts.addObject().putObject(kind).put("id", id).put("type_id", type);
  }

  private void putDecoder(ObjectNode decoder) {
    ArrayNode steps = decoder.put("type", "Sequence").putArray("decoders");
    steps
        .addObject()
        .put("type", "Replace")
        .put("content", " ")
        .putObject("pattern")
        .put("String", SPACE);
    steps.addObject().put("type", "ByteFallback");
    steps.addObject().put("type", "Fuse");
    if (model.addDummyPrefix()) {
      steps.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    }
  }

  private void putModel(ObjectNode json) {
    json.put("type", "BPE");
    json.putNull("dropout");
    json.put("unk_token", model.pieces().get(tokenizer.unkId()).text());
    json.putNull("continuing_subword_prefix");
    json.putNull("end_of_word_suffix");
    json.put("fuse_unk", true);
    json.put(
        "byte_fallback", model.pieces().stream().anyMatch(piece -> piece.type() == PieceType.BYTE));
    json.put("ignore_merges", false);
    ObjectNode vocabulary = json.putObject("vocab");
    for (int id = 0; id < model.pieces().size(); id++) {
      vocabulary.put(model.pieces().get(id).text(), id);
    }
    ArrayNode list = json.putArray("merges");
    for (Merge merge : merges()) {
      list.addArray().add(merge.left()).add(merge.right());
    }
  }

  /// All pairs of pieces that form a piece, best score first; among equal scores, the pair with the
  /// longer left part first, as in `generate_merges` of transformers.
  private List<Merge> merges() {
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < model.pieces().size(); id++) {
      if (model.pieces().get(id).type() == PieceType.NORMAL) {
        ids.put(model.pieces().get(id).text(), id);
      }
    }
    List<Merge> all = new ArrayList<>();
    for (Piece piece : model.pieces()) {
      if (piece.type() == PieceType.NORMAL) {
        all.addAll(mergesInto(piece, ids));
      }
    }
    // stable, like Python's sort: equal elements keep the order of the ids
    all.sort(
        Comparator.comparingDouble(Merge::score)
            .thenComparingInt(merge -> codePoints(merge.left()))
            .thenComparingInt(merge -> codePoints(merge.right()))
            .reversed());
    return all;
  }

  private static List<Merge> mergesInto(Piece piece, Map<String, Integer> ids) {
    String text = piece.text();
    List<Merge> found = new ArrayList<>();
    for (int at = text.offsetByCodePoints(0, 1);
        at < text.length();
        at = text.offsetByCodePoints(at, 1)) {
      String left = text.substring(0, at);
      String right = text.substring(at);
      if (ids.containsKey(left) && ids.containsKey(right)) {
        found.add(new Merge(left, right, piece.score()));
      }
    }
    found.sort(
        Comparator.comparingInt((Merge merge) -> ids.get(merge.left()))
            .thenComparingInt(merge -> ids.get(merge.right())));
    return found;
  }

  private static int codePoints(String text) {
    return text.codePointCount(0, text.length());
  }

  private PieceType typeOf(int id) {
    return id < model.pieces().size() ? model.pieces().get(id).type() : PieceType.CONTROL;
  }

  private static boolean isUserDefined(PieceType type) {
    return type == PieceType.USER_DEFINED;
  }

  private boolean isTrained(String token) {
    return model.pieces().stream().anyMatch(piece -> piece.text().equals(token));
  }
}
