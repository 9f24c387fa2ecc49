package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import llava4j.constraint.Constraint;
import llava4j.error.BadInputException;
import llava4j.golden.GoldenModel;
import llava4j.model.SplicedPrompt;
import llava4j.tensor.Scope;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A model of random weights, which would never write JSON by itself.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConstrainedAnswerTest {
  private static final String SCHEMA =
      """
      {"type": "object",
       "properties": {
         "what": {"enum": ["cat", "dog", "unknown"]},
         "count": {"type": "integer", "minimum": 1, "maximum": 99},
         "boxes": {"type": "array", "maxItems": 2, "items": {
           "type": "array", "prefixItems": [{"type": "boolean"}], "minItems": 1, "maxItems": 1}}},
       "required": ["what", "count", "boxes"], "additionalProperties": false}
      """;

  private GoldenModel golden;
  private Generator generator;

  @BeforeAll
  void load() {
    golden = GoldenModel.openCommitted("original");
    generator = golden.generator(golden.tokenizer().eosId());
  }

  @AfterAll
  void close() {
    golden.close();
  }

  private static Map<String, Decoding> decodings() {
    return Map.of(
        "greedy", new Decoding.Greedy(),
        "sampled", new Decoding.Sample(1.5, 0, 1, 0, 3),
        "beams", new Decoding.Beam(3, 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"greedy", "sampled", "beams"})
  void everyAnswerFulfilsTheSchema(String name) {
    Decoding decoding = decodings().get(name);
    GenerationOptions options = options(Constraint.jsonSchema(SCHEMA)).withDecoding(decoding);
    if (decoding instanceof Decoding.Sample) {
      options = options.withNumAnswers(8);
    }
    for (Generation answer : answers(options)) {
      assertThat(answer.finishReason()).isEqualTo(FinishReason.END);
      JsonNode json = new JsonMapper().readTree(answer.text());
      assertThat(json.propertyNames()).containsExactly("what", "count", "boxes");
      assertThat(json.get("what").asString()).isIn("cat", "dog", "unknown");
      assertThat(json.get("count").asInt()).isBetween(1, 99);
      assertThat(json.get("boxes").size()).isLessThanOrEqualTo(2);
      json.get("boxes").forEach(box -> assertThat(box.get(0).isBoolean()).isTrue());
    }
  }

  /// The vocabulary's word at the beginning of a text has a blank before it, which is no part of
  /// the text.
  @Test
  void aChoiceIsSaidAsAModelSaysIt() {
    List<String> choices = List.of("Yes", "No", "a dog", "zwölf Hühner");
    for (String only : choices) {
      Generation answer = answers(options(Constraint.choice(List.of(only)))).getFirst();
      assertThat(answer.text()).isEqualTo(only);
      assertThat(answer.finishReason()).isEqualTo(FinishReason.END);
    }
    Generation any = answers(options(Constraint.choice(choices))).getFirst();
    assertThat(any.text()).isIn(choices);
  }

  @Test
  void expressionsAndGrammarsHold() {
    assertThat(answers(options(Constraint.regex("[A-D]"))).getFirst().text()).matches("[A-D]");
    String boxes = "root ::= \"[\" number \", \" number \"]\"\nnumber ::= \"0.\" [0-9] [0-9]";
    assertThat(answers(options(Constraint.grammar(boxes))).getFirst().text())
        .matches("\\[0\\.\\d\\d, 0\\.\\d\\d]");
  }

  @Test
  void aLimitOfTokensMayCutTheForm() {
    Generation cut = answers(options(Constraint.jsonSchema(SCHEMA)).withMaxNewTokens(3)).getFirst();
    assertThat(cut.finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
    assertThat(cut.text()).startsWith("{");
  }

  /// Log-probabilities are the model's own.
  @Test
  void reportedProbabilitiesAreThoseOfTheModel() {
    GenerationOptions free = GenerationOptions.greedy().withMaxNewTokens(1).withTopLogProbs(1);
    Generation.LogProb best = answers(free).getFirst().logProbs().getFirst().top().getFirst();
    Generation formed =
        answers(options(Constraint.choice(List.of("q"))).withTopLogProbs(1)).getFirst();
    assertThat(formed.logProbs().getFirst().top().getFirst().id()).isEqualTo(best.id());
  }

  @Test
  void whatTheVocabularyCannotSayIsNamed() {
    Generator endless = golden.generator();
    try (Scope _ = new Scope()) {
      // a vocabulary without an end token cannot stop where the form may go on or stop
      GenerationOptions options = options(Constraint.regex("a*")).withMaxNewTokens(5);
      assertThat(
              endless
                  .generate(prompt(), options, TextListener.NONE, () -> false)
                  .answers()
                  .getFirst()
                  .text())
          .matches("a+");
    }
    TokenFilter filter =
        TokenFilter.of(
            Constraint.choice(List.of("ab")),
            new ConstraintVocabulary(golden.tokenizer(), Set.of(2), 3)); // no letters
    assertThatThrownBy(() -> filter.apply(new float[3]))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("no token");
  }

  private static GenerationOptions options(Constraint constraint) {
    GenerationOptions options =
        GenerationOptions.greedy().withMaxNewTokens(200).withConstraint(constraint);
    assertThat(options.constraint()).contains(new RequiredForm.Compiled(constraint));
    return options;
  }

  private List<Generation> answers(GenerationOptions options) {
    try (Scope _ = new Scope()) {
      return generator.generate(prompt(), options, TextListener.NONE, () -> false).answers();
    }
  }

  private SplicedPrompt prompt() {
    return golden.model().splicer().splice(golden.tokenizer().encode("What? A:", true), List.of());
  }
}
