package llava4j.text.tokenizer;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import llava4j.error.BadInputException;
import llava4j.text.tokenizer.SentencePieceModel.PieceType;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A byte-level vocabulary in a GGUF file's metadata (`tokenizer.ggml.model` is `gpt2`), as plain
/// values. It is converted to a `tokenizer.json`, which Hugging Face's library runs.
///
/// @param where the file in messages
/// @param pre `tokenizer.ggml.pre`: the pre-tokenizer, which splits a text before the merges
/// @param tokens `tokenizer.ggml.tokens`, in id order
/// @param types `tokenizer.ggml.token_type`, numbered as SentencePiece's piece types
/// @param merges `tokenizer.ggml.merges`, best first
/// @param addsBos `tokenizer.ggml.add_bos_token`
public record GgufBytePairs(
    String where,
    Optional<String> pre,
    List<String> tokens,
    List<Integer> types,
    List<String> merges,
    OptionalInt bosId,
    OptionalInt eosId,
    OptionalInt padId,
    boolean addsBos) {
  private static final JsonMapper JSON = new JsonMapper();

  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String REST =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /// The pre-tokenizers, with llama.cpp's names.
  private enum Rule {
    LLAMA_3(
        "llama-bpe llama3 llama-v3 falcon3 pixtral dbrx smaug-bpe",
        CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" + REST),
    QWEN_2(
        "qwen2 deepseek-r1-qwen stablelm2 megrez",
        CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + REST),
    TEKKEN(
        "tekken",
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
            + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
    /// The regular expression of the byte-level step itself.
    GPT_2("gpt-2 gpt2 phi-2 olmo jina-en roberta-bpe", ""),
    /// GPT-2's rule, with each digit separate.
    SMOLLM("smollm starcoder refact command-r codeshell exaone", "");

    private final String names;
    private final String expression;

    Rule(String names, String expression) {
      this.names = names;
      this.expression = expression;
    }

    boolean isCalled(String name) {
      return List.of(names.split(" ", -1)).contains(name);
    }
  }

  public GgufBytePairs {
    tokens = List.copyOf(tokens);
    types = List.copyOf(types);
    merges = List.copyOf(merges);
    if (types.size() != tokens.size()) {
      throw new BadInputException(
          where
              + " has "
              + tokens.size()
              + " tokens and "
              + types.size()
              + " token types, but the numbers must be equal; convert the model again");
    }
  }

  /// Whether llama.cpp adds the beginning-of-sequence id for a pre-tokenizer, if the file does not
  /// say.
  public static boolean addsBosByDefault(Optional<String> pre) {
    return pre.filter(name -> Rule.LLAMA_3.isCalled(name) || Rule.TEKKEN.isCalled(name))
        .isPresent();
  }

  /// The tokenizer of this vocabulary.
  public JsonTokenizer tokenizer() {
    return new JsonTokenizer(
        json(), where, new JsonTokenizer.Settings(token(bosId), token(eosId), padId, addsBos));
  }

  private String token(OptionalInt id) {
    return id.isPresent() ? tokens.get(id.getAsInt()) : "";
  }

  /// The equivalent `tokenizer.json`.
  ObjectNode json() {
    Rule rule = rule();
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    ObjectNode model = JSON.createObjectNode().put("type", "BPE");
    ObjectNode vocabulary = JSON.createObjectNode();
    for (int id = 0; id < tokens.size(); id++) {
      PieceType type = PieceType.ofToken(types.get(id), id, where);
      switch (type) {
        case UNUSED -> {}
        case NORMAL, BYTE -> vocabulary.put(tokens.get(id), id);
        case CONTROL, UNKNOWN, USER_DEFINED -> {
          vocabulary.put(tokens.get(id), id);
          added.add(addedToken(tokens.get(id), id, type != PieceType.USER_DEFINED));
        }
      }
    }
    if (rule == Rule.QWEN_2) {
      root.putObject("normalizer").put("type", "NFC");
    } else {
      root.putNull("normalizer");
    }
    root.set("pre_tokenizer", preTokenizer(rule));
    root.set("post_processor", postProcessor());
    root.set("decoder", byteLevel(true));
    model.putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", false).put("byte_fallback", false);
    model.put("ignore_merges", rule == Rule.LLAMA_3 || rule == Rule.TEKKEN);
    model.set("vocab", vocabulary);
    ArrayNode pairs = model.putArray("merges");
    merges.forEach(pairs::add);
    root.set("model", model);
    return root;
  }

  private Rule rule() {
    String name = pre.orElse("gpt-2").toLowerCase(Locale.ROOT);
    for (Rule rule : Rule.values()) {
      if (rule.isCalled(name)) {
        return rule;
      }
    }
    throw new BadInputException(
        where
            + ": tokenizer.ggml.pre is '"
            + name
            + "', which is not supported (supported are llama-bpe, qwen2, tekken,"
            + " gpt-2, smollm and equivalent ones); use the model's Hugging Face folder");
  }

  private static ObjectNode preTokenizer(Rule rule) {
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    ArrayNode steps = sequence.putArray("pretokenizers");
    switch (rule) {
      case GPT_2 -> steps.add(byteLevel(true));
      case SMOLLM -> {
        steps.addObject().put("type", "Digits").put("individual_digits", true);
        steps.add(byteLevel(true));
      }
      case LLAMA_3, QWEN_2, TEKKEN -> {
        ObjectNode split = steps.addObject().put("type", "Split");
        split.putObject("pattern").put("Regex", rule.expression);
        split.put("behavior", "Isolated").put("invert", false);
        steps.add(byteLevel(false));
      }
    }
    return sequence;
  }

  private ObjectNode postProcessor() {
    if (!addsBos || bosId.isEmpty()) {
      return byteLevel(false);
    }
    String bos = token(bosId);
    ObjectNode template = JSON.createObjectNode().put("type", "TemplateProcessing");
    for (String form : List.of("single", "pair")) {
      ArrayNode parts = template.putArray(form);
      parts.addObject().putObject("SpecialToken").put("id", bos).put("type_id", 0);
      parts.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
      if (form.equals("pair")) {
        parts.addObject().putObject("Sequence").put("id", "B").put("type_id", 1);
      }
    }
    ObjectNode special = template.putObject("special_tokens").putObject(bos).put("id", bos);
    special.putArray("ids").add(bosId.getAsInt());
    special.putArray("tokens").add(bos);
    return template;
  }

  private static ObjectNode byteLevel(boolean useRegex) {
    return JSON.createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", useRegex);
  }

  /// An entry of a `tokenizer.json`'s added tokens.
  public static ObjectNode addedToken(String token, int id, boolean special) {
    return JSON.createObjectNode()
        .put("id", id)
        .put("content", token)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", special);
  }
}
