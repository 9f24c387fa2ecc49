package llava4j.train.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.SentencePieceModel;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.text.tokenizer.Tokenizer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Ids and labels of the reference's conversations, for every template.
class LabelMaskerGoldenTest {
  private static final int MAX_LENGTH = 256;

  @ParameterizedTest
  @CsvSource({
    "v1, vicuna_v1, true, true",
    "v1_nonlegacy, vicuna_v1, false, true",
    "plain, plain, true, true",
    "llama_2, llava_llama_2, true, true",
    "mpt, mpt, true, false",
    "v0, v0, true, true"
  })
  void referenceRuleEqualsReference(String file, String template, boolean legacy, boolean addBos) {
    List<JsonNode> rows = Golden.jsonl("train_labels/" + file + ".jsonl");
    try (Tokenizer tokenizer = tokenizer(legacy, addBos)) {
      LabelMasker masker =
          new LabelMasker(
              ConversationTemplate.parse(template), tokenizer, MAX_LENGTH, MaskRule.REFERENCE);
      for (int i = 0; i < rows.size(); i++) {
        JsonNode row = rows.get(i);
        Sample sample = sample(i);
        assertThat(sample.id()).isEqualTo(row.get("id").asString());
        if (row.hasNonNull("error")) {
          assertThatThrownBy(() -> masker.mask(sample))
              .as(file + " " + sample.id())
              .isInstanceOf(BadInputException.class);
          continue;
        }
        LabelMasker.MaskResult result = masker.maskReportingMismatch(sample);
        assertThat(result.mismatch())
            .as(file + " " + sample.id() + " mismatch")
            .isEqualTo(row.hasNonNull("warning"));
        assertThat(result.tokens().ids())
            .as(file + " " + sample.id() + " ids")
            .isEqualTo(Golden.ints(row.get("input_ids")));
        assertThat(result.tokens().labels())
            .as(file + " " + sample.id() + " labels")
            .isEqualTo(Golden.ints(row.get("labels")));
      }
    }
    Golden.checkExact("labels " + file, rows.size(), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "v1, vicuna_v1, true",
    "v1_nonlegacy, vicuna_v1, false",
    "plain, plain, true",
    "llama_2, llava_llama_2, true"
  })
  void maskByConstructionEqualsReferenceWhereTheReferenceCountsRight(
      String file, String template, boolean legacy) {
    long compared = 0;
    List<JsonNode> rows = Golden.jsonl("train_labels/" + file + ".jsonl");
    try (Tokenizer tokenizer = tokenizer(legacy, true)) {
      LabelMasker masker =
          new LabelMasker(
              ConversationTemplate.parse(template),
              tokenizer,
              MAX_LENGTH,
              MaskRule.BY_CONSTRUCTION);
      for (int i = 0; i < rows.size(); i++) {
        JsonNode row = rows.get(i);
        boolean counted = !row.hasNonNull("error") && !row.hasNonNull("warning");
        if (!counted || !isSound(sample(i))) {
          continue;
        }
        LabelledTokens tokens = masker.mask(sample(i));
        assertThat(tokens.ids())
            .as(file + " " + sample(i).id() + " ids")
            .isEqualTo(Golden.ints(row.get("input_ids")));
        assertThat(tokens.labels())
            .as(file + " " + sample(i).id() + " labels")
            .isEqualTo(Golden.ints(row.get("labels")));
        compared++;
      }
    }
    Golden.checkExact("labels by construction " + file, compared, 0);
  }

  /// Whether the sample has one image and one placeholder, or neither, and no empty answer.
  private static boolean isSound(Sample sample) {
    long places = sample.turns().stream().filter(turn -> turn.text().contains("<image>")).count();
    return places == (sample.image().isPresent() ? 1 : 0)
        && sample.turns().stream()
            .noneMatch(turn -> turn.speaker() == Speaker.GPT && turn.text().isBlank());
  }

  static Sample sample(int number) {
    JsonNode node = Golden.json("train_labels/conversations.json").get(number);
    List<Turn> turns = new ArrayList<>();
    for (JsonNode turn : node.get("conversations")) {
      Speaker speaker =
          switch (turn.get("from").asString()) {
            case "human" -> Speaker.HUMAN;
            case "gpt" -> Speaker.GPT;
            default -> Speaker.OTHER;
          };
      turns.add(new Turn(speaker, turn.get("value").asString()));
    }
    return new Sample(
        node.get("id").asString(),
        node.hasNonNull("image") ? Optional.of(node.get("image").asString()) : Optional.empty(),
        turns);
  }

  static Tokenizer tokenizer(boolean legacy, boolean addBos) {
    try {
      byte[] file = Files.readAllBytes(Golden.path("tokenizer/tokenizer.model"));
      return new SentencePieceTokenizer(
          SentencePieceModel.parse(file, "tokenizer.model"),
          new SentencePieceTokenizer.Settings(
              legacy, 1, 2, OptionalInt.empty(), new TreeMap<>(), Map.of(), addBos));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
