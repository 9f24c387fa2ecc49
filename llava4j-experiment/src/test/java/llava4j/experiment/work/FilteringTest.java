package llava4j.experiment.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Skill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilteringTest {
  private static final String SHORT = "\n" + FormatPrompt.SHORT;

  private static Sample sample(String id, String... turns) {
    List<Turn> all = new ArrayList<>();
    for (int i = 0; i < turns.length; i++) {
      all.add(new Turn(i % 2 == 0 ? Speaker.HUMAN : Speaker.GPT, turns[i]));
    }
    return new Sample(id, Optional.of("coco/" + id + ".jpg"), all);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "coco/1.jpg|What is this?|CONVERSATION",
        "coco/1.jpg|What color is it?{short}|SHORT",
        "coco/1.jpg|How many words are there?{short}|SHORT",
        "coco/1.jpg|What is written here?{short}|READING",
        "coco/1.jpg|Which number do you see?{short}|READING",
        "coco/1.jpg|What is it? A. b B. c{letter}|CHOICE",
        "vg/1.jpg|Please provide a short description for this region: [0.05, 0.06, 0.93, 0.94].|REGION",
        "gqa/1.jpg|Is it red?{short}|SINGLE",
        "lessons/1.png|Is it red?{short}|SINGLE",
        "ocr_vqa/1.jpg|Who wrote this book?{short}|READING",
        "instructions/1.png|Che cosa mostra l'immagine?|FOREIGN",
        "lessons/1.png|Che cosa mostra l'immagine?|FOREIGN",
        "gqa/1.jpg|What is the German word for cat?|FOREIGN",
        "|Translate cat into German.|TRANSLATION",
        "|Che cosa mostra l'immagine?|TRANSLATION",
        "|Write a poem.|TEXT"
      })
  void skillsAreToldByFolderAndForm(String image, String question, Skill skill) {
    String text =
        question.replace("{short}", SHORT).replace("{letter}", "\n" + FormatPrompt.LETTER);
    Sample sample = new Sample("1", Optional.ofNullable(image), List.of());
    assertThat(new Skills().of(sample, "<image>\n" + text)).isEqualTo(skill);
  }

  @Test
  void keptExchangesHaveTheImageInTheFirst() {
    Sample sample = sample("1", "<image>\nWhat is this?", "A cat.", "What color?" + SHORT, "gray");
    List<Sample> kept = new Filtering(new Filter.Keep(Set.of(Skill.SHORT))).apply(sample);
    assertThat(kept).hasSize(1);
    assertThat(kept.getFirst().turns())
        .containsExactly(
            new Turn(Speaker.HUMAN, "<image>\nWhat color?" + SHORT), new Turn(Speaker.GPT, "gray"));
  }

  @Test
  void theImageStaysBehindTheQuestion() {
    Sample sample = sample("1", "What is this?\n<image>", "A cat.", "What color?" + SHORT, "gray");
    assertThat(
            new Filtering(new Filter.Keep(Set.of(Skill.SHORT)))
                .apply(sample)
                .getFirst()
                .turns()
                .getFirst()
                .text())
        .isEqualTo("What color?" + SHORT + "\n<image>");
  }

  @Test
  void aSampleWithNothingLeftIsLeftOut() {
    Sample sample = sample("1", "<image>\nWhat is this?", "A cat.");
    assertThat(new Filtering(new Filter.Keep(Set.of(Skill.CHOICE))).apply(sample)).isEmpty();
  }

  @Test
  void lettersAreLeftOutOfLessonsConversationsAndTexts() {
    String choice = "Which?\nA. a\nB. b\n" + FormatPrompt.LETTER;
    Sample lesson =
        new Sample(
            "1",
            Optional.of("lessons/1.png"),
            sample("1", "<image>\n" + choice, "A", "What color?" + SHORT, "gray").turns());
    Sample text = new Sample("2", Optional.empty(), sample("2", choice, "A").turns());
    assertThat(apply(new Filter.WithoutLetters(), List.of(lesson, text)))
        .singleElement()
        .extracting(one -> one.turns().getFirst().text())
        .isEqualTo("<image>\nWhat color?" + SHORT);
  }

  @Test
  void promptsAreTakenOutAndNothingElse() {
    Sample sample = sample("1", "<image>\nWhat color?" + SHORT, "gray");
    assertThat(
            new Filtering(new Filter.Unprompted())
                .apply(sample)
                .getFirst()
                .turns()
                .getFirst()
                .text())
        .isEqualTo("<image>\nWhat color?");
    assertThat(Filtering.unprompted("Which?\nA. a\nB. b\n" + FormatPrompt.LETTER))
        .isEqualTo("Which?\nA. a\nB. b");
  }

  @Test
  void aShareIsTheSameEveryTimeAndASmallerOneIsPartOfIt() {
    List<Sample> samples =
        IntStream.range(0, 1000).mapToObj(i -> sample("s" + i, "<image>\nQ", "A")).toList();
    List<Sample> half = apply(new Filter.Share(0.5), samples);
    assertThat(half).isEqualTo(apply(new Filter.Share(0.5), samples));
    assertThat(half.size()).isBetween(430, 570);
    assertThat(half).containsAll(apply(new Filter.Share(0.1), samples));
  }

  @Test
  void slicesAreTheWholeAndShareNothing() {
    List<Sample> samples =
        IntStream.range(0, 10).mapToObj(i -> sample("s" + i, "<image>\nQ", "A")).toList();
    List<Sample> all = new ArrayList<>();
    for (int number = 1; number <= 4; number++) {
      all.addAll(apply(new Filter.Slice(number, 4), samples));
    }
    assertThat(all).containsExactlyInAnyOrderElementsOf(samples);
    assertThat(apply(new Filter.Slice(2, 4), samples))
        .containsExactly(samples.get(1), samples.get(5), samples.get(9));
  }

  @Test
  void sharesAreNamedWithAllTheirDigits() {
    assertThat(new Filter.Share(0.1)).hasToString("10 % of the samples");
    assertThat(new Filter.Share(0.104)).hasToString("10.4 % of the samples");
    assertThat(new Filter.WrongDetails(0.125))
        .hasToString("wrong details in 12.5 % of the descriptions");
  }

  @Test
  void wrongDetailsAreAnotherImagesDescription() {
    List<Sample> samples =
        IntStream.range(0, 40)
            .mapToObj(i ->
                sample(
                    "s" + i,
                    "<image>\nDescribe the picture in detail.",
                    "There is a thing with number " + i + " here."))
            .toList();
    List<Sample> wrong = apply(new Filter.WrongDetails(1), samples);
    assertThat(wrong.getFirst()).isEqualTo(samples.getFirst()); // nothing was said before it
    assertThat(wrong.get(39).turns().get(1).text())
        .startsWith("There is a thing with number 39 here. There is a thing with number ")
        .doesNotEndWith("39 here.");
  }

  @Test
  void weightsRepeatOrDropSamplesThatMainlyTeachASkill() {
    Sample brief = sample("1", "<image>\nWhat color?" + SHORT, "gray");
    Sample free = sample("2", "<image>\nWhat is this?", "A cat.");
    Filter twice = new Filter.Weighed(Skill.SHORT, 2);
    assertThat(apply(twice, List.of(brief, free))).containsExactly(brief, brief, free);
    assertThat(apply(new Filter.Weighed(Skill.SHORT, 0), List.of(brief, free)))
        .containsExactly(free);
  }

  private static List<Sample> apply(Filter filter, List<Sample> samples) {
    Filtering filtering = new Filtering(filter);
    return samples.stream().flatMap(sample -> filtering.apply(sample).stream()).toList();
  }
}
