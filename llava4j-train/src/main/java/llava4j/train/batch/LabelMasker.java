package llava4j.train.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.error.BadInputException;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.Tokenizer;

/// Turns a sample into token ids and labels. The assistant's answers and the token that ends each
/// of them are supervised; everything else is not (spec 3.6 to 3.8). Thread-safe.
public final class LabelMasker {
  private static final String IMAGE = Tokenizer.IMAGE_PLACEHOLDER;
  private static final String BEGIN = "### ";
  private static final String END = "\n";

  private final ConversationTemplate template;
  private final Tokenizer tokenizer;
  private final int maxLength;
  private final MaskRule rule;
  private final ReferenceMasks reference;

  /// @param maxLength number of ids to which a text without images is truncated
  /// @throws BadInputException if the rule is REFERENCE and the original code lacks the template
  public LabelMasker(
      ConversationTemplate template, Tokenizer tokenizer, int maxLength, MaskRule rule) {
    if (rule == MaskRule.REFERENCE && template.style() == ConversationTemplate.Style.TURNS) {
      throw new BadInputException(
          "the original code has no template "
              + template.key()
              + ", so maskRule=REFERENCE cannot be used with it; use maskRule=BY_CONSTRUCTION");
    }
    this.template = template;
    this.tokenizer = tokenizer;
    this.maxLength = maxLength;
    this.rule = rule;
    this.reference = new ReferenceMasks(template, tokenizer, maxLength);
  }

  /// Ids and labels of a sample.
  ///
  /// @param mismatch whether the original code's token count does not add up, so that it masks the
  ///   whole sample
  public record MaskResult(LabelledTokens tokens, boolean mismatch) {}

  /// Ids and labels of a sample.
  ///
  /// @throws BadSampleException if the sample cannot be used for training
  public LabelledTokens mask(Sample sample) {
    return maskReportingMismatch(sample).tokens();
  }

  /// Like [#mask], and also reports the case in which the original code prints a mismatch warning.
  public MaskResult maskReportingMismatch(Sample sample) {
    if (rule == MaskRule.BY_CONSTRUCTION) {
      requireTrainable(sample);
    }
    List<Turn> turns = sample.image().isPresent() ? imagesFirst(sample.turns()) : sample.turns();
    TextIds texts = new TextIds(tokenizer, sample.image().isPresent());
    return switch (template.style()) {
      case PLAIN -> plain(sample, turns);
      case SINGLE -> headers(turns, texts);
      case TWO, LLAMA_2, MPT, TURNS -> rounds(sample, turns, texts);
    };
  }

  /// Stage 1: the question is dropped; the caption and the newline after it are supervised.
  private MaskResult plain(Sample sample, List<Turn> turns) {
    if (turns.size() != 2) {
      throw bad(
          sample,
          "has " + turns.size() + " turns; a caption sample has one question and one answer");
    }
    if (!turns.getFirst().text().contains(IMAGE)) {
      throw bad(sample, "has no " + IMAGE + " in its question; a caption sample needs one");
    }
    TextIds texts = new TextIds(tokenizer, true);
    int[] ids = texts.of(IMAGE + turns.getLast().text() + template.separator());
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, texts.length(IMAGE), LabelledTokens.IGNORED);
    return new MaskResult(new LabelledTokens(ids, labels), false);
  }

  private MaskResult rounds(Sample sample, List<Turn> turns, TextIds texts) {
    List<String> messages = alternating(sample, turns);
    String conversation = template.render(messages);
    int[] ids = cut(texts.of(conversation), texts);
    if (rule == MaskRule.REFERENCE) {
      ReferenceMasks.Result result =
          template.style() == ConversationTemplate.Style.MPT
              ? reference.chatMl(conversation, ids, texts)
              : reference.rounds(conversation, ids, texts);
      return new MaskResult(new LabelledTokens(ids, result.labels()), result.mismatch());
    }
    int[] labels = ignored(ids.length);
    for (int answer = 1; answer < messages.size(); answer += 2) {
      List<String> before = new ArrayList<>(messages.subList(0, answer));
      before.add(null);
      int start = TextIds.common(ids, texts.of(template.render(before).stripTrailing()));
      int end = TextIds.common(ids, texts.of(template.render(messages.subList(0, answer + 1))));
      System.arraycopy(ids, start, labels, start, Math.max(0, end - start));
    }
    return new MaskResult(new LabelledTokens(ids, labels), false);
  }

  /// The v0 templates are rendered differently from inference: `### ` before each turn, a newline
  /// after it.
  private MaskResult headers(List<Turn> turns, TextIds texts) {
    String header = template.system() + "\n\n";
    List<String> rendered = new ArrayList<>();
    List<Boolean> human = new ArrayList<>();
    for (Turn turn : turns) {
      String role =
          switch (turn.speaker()) {
            case HUMAN -> template.userRole();
            case GPT -> template.assistantRole();
            case OTHER -> "unknown";
          };
      rendered.add(BEGIN + role + ": " + turn.text() + END);
      human.add(turn.speaker() == Speaker.HUMAN);
    }
    int[] ids = cut(texts.of(header + String.join("", rendered) + BEGIN), texts);
    if (rule == MaskRule.REFERENCE) {
      ReferenceMasks.Result result = reference.headers(header, rendered, human, ids, texts);
      return new MaskResult(new LabelledTokens(ids, result.labels()), false);
    }
    int[] labels = ignored(ids.length);
    StringBuilder before = new StringBuilder(header);
    for (int i = 0; i < rendered.size(); i++) {
      if (!human.get(i)) {
        String marker = before + BEGIN + template.assistantRole() + ":";
        int start = TextIds.common(ids, texts.of(marker));
        int end = TextIds.common(ids, texts.of(before + rendered.get(i) + BEGIN.strip()));
        System.arraycopy(ids, start, labels, start, Math.max(0, end - start));
      }
      before.append(rendered.get(i));
    }
    return new MaskResult(new LabelledTokens(ids, labels), false);
  }

  /// Moves the image placeholder to the front of its turn, on a line of its own; several
  /// placeholders in one turn become one (`preprocess_multimodal`).
  private List<Turn> imagesFirst(List<Turn> turns) {
    return turns.stream()
        .map(turn -> {
          if (!turn.text().contains(IMAGE)) {
            return turn;
          }
          String text = (IMAGE + "\n" + turn.text().replace(IMAGE, "").strip()).strip();
          return new Turn(
              turn.speaker(),
              template.tagsImages() ? text.replace(IMAGE, "<Image>" + IMAGE + "</Image>") : text);
        })
        .toList();
  }

  /// The messages; an answer before the first question is dropped.
  private static List<String> alternating(Sample sample, List<Turn> turns) {
    List<Turn> asked =
        !turns.isEmpty() && turns.getFirst().speaker() == Speaker.GPT
            ? turns.subList(1, turns.size())
            : turns;
    List<String> messages = new ArrayList<>();
    for (Turn turn : asked) {
      Speaker expected = messages.size() % 2 == 0 ? Speaker.HUMAN : Speaker.GPT;
      if (turn.speaker() != expected) {
        throw bad(
            sample,
            "does not alternate between human and gpt: turn "
                + (messages.size() + 1)
                + " is from "
                + turn.speaker().name().toLowerCase(java.util.Locale.ROOT));
      }
      messages.add(turn.text());
    }
    if (messages.isEmpty()) {
      throw bad(sample, "has no turns");
    }
    return messages;
  }

  private void requireTrainable(Sample sample) {
    long places = sample.turns().stream().filter(turn -> turn.text().contains(IMAGE)).count();
    if (sample.image().isPresent() && places == 0) {
      throw bad(sample, "has an image but no " + IMAGE + " in its turns");
    }
    if (sample.image().isPresent() && places > 1) {
      throw bad(sample, "has one image but " + IMAGE + " in " + places + " turns");
    }
    if (sample.image().isEmpty() && places > 0) {
      throw bad(sample, "has " + IMAGE + " in its turns but no image");
    }
    for (Turn turn : sample.turns()) {
      if (turn.speaker() == Speaker.GPT && turn.text().isBlank()) {
        throw bad(sample, "has an empty answer");
      }
    }
  }

  /// Texts without images are truncated here, as by the original's tokenizer; others in the
  /// collator.
  private int[] cut(int[] ids, TextIds texts) {
    return texts.withImage() || ids.length <= maxLength ? ids : Arrays.copyOf(ids, maxLength);
  }

  private static int[] ignored(int length) {
    int[] labels = new int[length];
    Arrays.fill(labels, LabelledTokens.IGNORED);
    return labels;
  }

  private static BadInputException bad(Sample sample, String what) {
    return new BadSampleException("sample '" + sample.id() + "' " + what);
  }
}
