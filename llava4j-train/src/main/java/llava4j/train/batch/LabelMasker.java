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

/// From a sample to ids and labels: what the assistant says is supervised, with the token that ends
/// it; everything else is not (spec 3.6 to 3.8). Safe for many threads.
public final class LabelMasker {
  private static final String IMAGE = Tokenizer.IMAGE_PLACEHOLDER;
  private static final String BEGIN = "### ";
  private static final String END = "\n";

  private final ConversationTemplate template;
  private final Tokenizer tokenizer;
  private final int maxLength;
  private final MaskRule rule;
  private final ReferenceMasks reference;

  /// @param maxLength ids that a text without images is cut to
  public LabelMasker(
      ConversationTemplate template, Tokenizer tokenizer, int maxLength, MaskRule rule) {
    if (rule == MaskRule.REFERENCE && template.style() == ConversationTemplate.Style.TURNS) {
      throw new BadInputException(
          "the original code has no template "
              + template.key()
              + ", so there are no masks of its kind; use maskRule=BY_CONSTRUCTION");
    }
    this.template = template;
    this.tokenizer = tokenizer;
    this.maxLength = maxLength;
    this.rule = rule;
    this.reference = new ReferenceMasks(template, tokenizer, maxLength);
  }

  /// Ids and labels, and whether the original's count was off, so that it masks everything.
  public record Verdict(LabelledTokens tokens, boolean mismatch) {}

  /// Ids and labels of a sample.
  ///
  /// @throws BadSampleException that names a sample that cannot be trained on
  public LabelledTokens mask(Sample sample) {
    return maskWithVerdict(sample).tokens();
  }

  /// As [#mask], with what the original would have warned of.
  public Verdict maskWithVerdict(Sample sample) {
    if (rule == MaskRule.BY_CONSTRUCTION) {
      requireSound(sample);
    }
    List<Turn> turns = sample.image().isPresent() ? imagesFirst(sample.turns()) : sample.turns();
    TextIds texts = new TextIds(tokenizer, sample.image().isPresent());
    return switch (template.style()) {
      case PLAIN -> plain(sample, turns);
      case SINGLE -> headers(turns, texts);
      case TWO, LLAMA_2, MPT, TURNS -> rounds(sample, turns, texts);
    };
  }

  /// Stage 1: the question is dropped; the caption and the newline behind it are supervised.
  private Verdict plain(Sample sample, List<Turn> turns) {
    if (turns.size() != 2) {
      throw bad(
          sample, "has " + turns.size() + " turns; a caption has one question and one answer");
    }
    if (!turns.getFirst().text().contains(IMAGE)) {
      throw bad(sample, "has no " + IMAGE + " in its question; a caption needs one");
    }
    TextIds texts = new TextIds(tokenizer, true);
    int[] ids = texts.of(IMAGE + turns.getLast().text() + template.separator());
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, texts.length(IMAGE), LabelledTokens.IGNORED);
    return new Verdict(new LabelledTokens(ids, labels), false);
  }

  private Verdict rounds(Sample sample, List<Turn> turns, TextIds texts) {
    List<String> messages = alternating(sample, turns);
    String conversation = template.render(messages);
    int[] ids = cut(texts.of(conversation), texts);
    if (rule == MaskRule.REFERENCE) {
      ReferenceMasks.Result result =
          template.style() == ConversationTemplate.Style.MPT
              ? reference.chatMl(conversation, ids, texts)
              : reference.rounds(conversation, ids, texts);
      return new Verdict(new LabelledTokens(ids, result.labels()), result.mismatch());
    }
    int[] labels = ignored(ids.length);
    for (int answer = 1; answer < messages.size(); answer += 2) {
      List<String> before = new ArrayList<>(messages.subList(0, answer));
      before.add(null);
      int start = TextIds.common(ids, texts.of(template.render(before).stripTrailing()));
      int end = TextIds.common(ids, texts.of(template.render(messages.subList(0, answer + 1))));
      System.arraycopy(ids, start, labels, start, Math.max(0, end - start));
    }
    return new Verdict(new LabelledTokens(ids, labels), false);
  }

  /// The v0 templates are not rendered as for inference: `### ` before each turn, a newline behind.
  private Verdict headers(List<Turn> turns, TextIds texts) {
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
      return new Verdict(new LabelledTokens(ids, result.labels()), false);
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
    return new Verdict(new LabelledTokens(ids, labels), false);
  }

  /// An image's place goes to the front of its turn, on a line of its own; two in one turn become
  /// one (`preprocess_multimodal`).
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

  /// The messages, without an answer that nobody asked for at the start.
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
            "does not alternate human and gpt: turn "
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

  private void requireSound(Sample sample) {
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

  /// Texts without images are cut here, as the original's tokenizer does; others by the collator.
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
