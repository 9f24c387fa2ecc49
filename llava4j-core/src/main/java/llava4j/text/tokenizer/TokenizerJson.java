package llava4j.text.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import llava4j.error.BadInputException;
import llava4j.error.LfsPointer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The parts of a `tokenizer.json` that we parse ourselves, with checks that are done before
/// Hugging Face's native library reads the file.
///
/// @param tokens the token of every id, including added tokens
/// @param vocabularySize number of ids without added tokens
/// @param added added tokens with their ids
/// @param special ids that decoding can skip
/// @param decodesLikeLlama whether the decoder is that of LLaMA's files
/// @param byteLevel whether the decoder reads tokens as bytes in GPT-2's letters
/// @param firstToken the special token that the file's rule adds before a text; may be empty
public record TokenizerJson(
    Map<Integer, String> tokens,
    int vocabularySize,
    SortedMap<String, Integer> added,
    Map<Integer, Boolean> special,
    int unkId,
    boolean decodesLikeLlama,
    boolean byteLevel,
    String firstToken) {
  private static final int MAX_ID = 4_000_000;
  private static final long MAX_FILE_BYTES = 256L << 20;

  public static TokenizerJson read(Path file) {
    return of(parse(file), file.toString());
  }

  /// Reads and checks the content of a file.
  ///
  /// @param file its name in messages
  public static TokenizerJson of(JsonNode json, String file) {
    JsonNode model = json.path("model");
    if (!model.path("vocab").isObject() || model.path("vocab").isEmpty()) {
      throw broken(file, "has no vocabulary");
    }
    if (!model.path("type").asString("BPE").equals("BPE")) {
      throw broken(file, "has a model of type " + model.path("type") + ", but BPE is needed");
    }
    Map<Integer, String> tokens = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
      int id = id(file, entry.getKey(), entry.getValue());
      if (tokens.put(id, entry.getKey()) != null) {
        throw broken(file, "has the id " + id + " twice");
      }
    }
    requireMerges(file, model);
    JsonNode addedTokens = json.path("added_tokens");
    if (!addedTokens.isArray() && !addedTokens.isNull() && !addedTokens.isMissingNode()) {
      throw broken(file, "has added_tokens that are not a list");
    }
    SortedMap<String, Integer> added = new TreeMap<>();
    Map<Integer, Boolean> special = new HashMap<>();
    for (JsonNode token : addedTokens) {
      String content = token.path("content").asString("");
      if (content.isEmpty()) {
        throw broken(file, "has an added token without content");
      }
      int id = id(file, content, token.path("id"));
      added.put(content, id);
      tokens.put(id, content);
      special.put(id, token.path("special").asBoolean(false));
    }
    String unknown = model.path("unk_token").asString("<unk>");
    int unkId = model.path("vocab").path(unknown).asInt(added.getOrDefault(unknown, -1));
    return new TokenizerJson(
        tokens,
        model.path("vocab").size(),
        added,
        special,
        unkId,
        decodesLikeLlama(json.path("decoder")),
        isByteLevel(json.path("decoder")),
        firstToken(json.path("post_processor")));
  }

  private static boolean isByteLevel(JsonNode decoder) {
    return decoder.path("type").asString("").equals("ByteLevel")
        || (decoder.path("decoders").size() == 1 && isByteLevel(decoder.path("decoders").get(0)));
  }

  /// The first token of the rule for single texts, if it is special.
  private static String firstToken(JsonNode processor) {
    for (JsonNode part : processor.path("processors")) {
      String found = firstToken(part);
      if (!found.isEmpty()) {
        return found;
      }
    }
    JsonNode first = processor.path("single").path(0).path("SpecialToken");
    return first.path("id").asString("");
  }

  /// The token of an id; null for special ids and ids outside of the vocabulary.
  String textToken(int id) {
    return special.getOrDefault(id, false) ? null : tokens.get(id);
  }

  private static int id(String file, String token, JsonNode node) {
    int id = node.isInt() ? node.asInt() : -1;
    if (id < 0 || id > MAX_ID) {
      throw broken(file, "gives the token '" + token + "' the id " + node);
    }
    return id;
  }

  private static void requireMerges(String file, JsonNode model) {
    JsonNode vocabulary = model.path("vocab");
    int number = 0;
    for (JsonNode merge : model.path("merges")) {
      String[] pair =
          merge.isArray() && merge.size() == 2
              ? new String[] {merge.get(0).asString(""), merge.get(1).asString("")}
              : merge.asString("").split(" ", -1);
      if (pair.length != 2
          || !vocabulary.has(pair[0])
          || !vocabulary.has(pair[1])
          || !vocabulary.has(pair[0] + pair[1])) {
        throw broken(file, "has merge " + number + " of tokens that are not in its vocabulary");
      }
      number++;
    }
  }

  /// Whether the decoder consists of blank signs, byte fallback, fuse and removal of one leading
  /// blank: the only decoder that `FastDetokenizer` can stream.
  private static boolean decodesLikeLlama(JsonNode decoder) {
    JsonNode parts = decoder.path("decoders");
    return parts.size() == 4
        && parts.get(0).path("type").asString("").equals("Replace")
        && parts.get(0).path("pattern").path("String").asString("").equals(PieceDecoder.SPACE)
        && parts.get(0).path("content").asString("").equals(" ")
        && parts.get(1).path("type").asString("").equals("ByteFallback")
        && parts.get(2).path("type").asString("").equals("Fuse")
        && parts.get(3).path("type").asString("").equals("Strip")
        && parts.get(3).path("content").asString("").equals(" ")
        && parts.get(3).path("start").asInt(0) == 1
        && parts.get(3).path("stop").asInt(0) == 0;
  }

  public static ObjectNode parse(Path file) {
    LfsPointer.refuse(file);
    try {
      if (file.toFile().length() > MAX_FILE_BYTES) {
        throw broken(file.toString(), "has " + file.toFile().length() + " bytes");
      }
      if (JsonMapper.builder().build().readTree(file.toFile()) instanceof ObjectNode object) {
        return object;
      }
      throw broken(file.toString(), "is not a JSON object");
    } catch (JacksonException e) {
      String reason = Files.isReadable(file) ? e.getOriginalMessage() : "it cannot be opened";
      throw new BadInputException(
          file + " is not readable JSON: " + reason + "; download it again", e);
    }
  }

  private static BadInputException broken(String file, String what) {
    return new BadInputException(
        file + " is not a usable tokenizer: it " + what + "; download it again");
  }
}
