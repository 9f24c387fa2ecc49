package llava4j.train.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.text.tokenizer.Tokenizer;

/// Labels by counting the ids of each part of the conversation, as the original's `preprocess_*`
/// functions do (spec 3.6 to 3.8), including their errors.
final class ReferenceMasks {
  private static final int PAD = 0;

  private final ConversationTemplate template;
  private final Tokenizer tokenizer;
  private final int maxLength;

  ReferenceMasks(ConversationTemplate template, Tokenizer tokenizer, int maxLength) {
    this.template = template;
    this.tokenizer = tokenizer;
    this.maxLength = maxLength;
  }

  /// @param mismatch whether the count does not add up, so that all labels are masked
  record Result(int[] labels, boolean mismatch) {}

  /// `preprocess_v1` and `preprocess_llama_2`: rounds end with the answer's separator.
  Result rounds(String conversation, int[] ids, TextIds texts) {
    boolean two = template.style() == ConversationTemplate.Style.TWO;
    String marker = two ? template.separator() + template.assistantRole() + ": " : "[/INST] ";
    // a tokenizer that puts no space after </s> yields one id less for every round but the first
    int correction = two && !isLegacy() ? -1 : 0;
    return count(
        split(conversation, template.answerSeparator()),
        marker,
        new Counting(1, 2, correction),
        ids,
        texts);
  }

  /// `preprocess_mpt`: a round is a pair of messages; the first round also has the system text
  /// before it.
  Result chatMl(String conversation, int[] ids, TextIds texts) {
    List<String> pieces = split(conversation, template.separator());
    List<String> rounds = new ArrayList<>();
    rounds.add(String.join(template.separator(), pieces.subList(0, Math.min(3, pieces.size()))));
    for (int i = 3; i < pieces.size(); i += 2) {
      rounds.add(
          String.join(template.separator(), pieces.subList(i, Math.min(i + 2, pieces.size()))));
    }
    return count(
        rounds,
        template.separator() + template.assistantRole(),
        new Counting(0, 1, isLegacy() ? 1 : 0),
        ids,
        texts);
  }

  /// The v0 path: the header is masked, and each user turn from its third id on.
  Result headers(String header, List<String> turns, List<Boolean> human, int[] ids, TextIds texts) {
    int[] labels = ids.clone();
    int at = headerLength(header, texts);
    mask(labels, 0, at);
    for (int i = 0; i < turns.size(); i++) {
      int length = headerLength(turns.get(i), texts);
      if (human.get(i)) {
        mask(labels, at + 2, at + length);
      }
      at += length;
    }
    return new Result(labels, false);
  }

  /// Constants of the count for one kind of template.
  ///
  /// @param start ids before the first round
  /// @param surplus ids that an instruction tokenised alone has, but not within the whole text
  /// @param correction added to the length of every round but the first
  private record Counting(int start, int surplus, int correction) {}

  private Result count(
      List<String> rounds, String marker, Counting counting, int[] ids, TextIds texts) {
    int[] labels = ids.clone();
    long total = Arrays.stream(ids).filter(id -> id != PAD).count();
    int at = counting.start();
    mask(labels, 0, at);
    for (int i = 0; i < rounds.size() && !rounds.get(i).isEmpty(); i++) {
      List<String> parts = split(rounds.get(i), marker);
      if (parts.size() != 2) {
        break;
      }
      int later = i == 0 ? 0 : counting.correction();
      int round = texts.length(rounds.get(i)) + later;
      int instruction = texts.length(parts.getFirst() + marker) - counting.surplus() + later;
      mask(labels, at, at + instruction);
      at += round;
    }
    mask(labels, at, labels.length);
    boolean mismatch = at < maxLength && at != total;
    if (mismatch) {
      mask(labels, 0, labels.length);
    }
    return new Result(labels, mismatch);
  }

  private int headerLength(String text, TextIds texts) {
    int[] ids = texts.of(text);
    return texts.withImage()
        ? ids.length
        : (int) Arrays.stream(ids).limit(maxLength).filter(id -> id != PAD).count();
  }

  private boolean isLegacy() {
    return tokenizer instanceof SentencePieceTokenizer sentencePiece
        && sentencePiece.settings().legacy();
  }

  private static List<String> split(String text, String separator) {
    return List.of(text.split(Pattern.quote(separator), -1));
  }

  private static void mask(int[] labels, int from, int to) {
    int start = Math.clamp(from, 0, labels.length);
    Arrays.fill(labels, start, Math.clamp(to, start, labels.length), LabelledTokens.IGNORED);
  }
}
