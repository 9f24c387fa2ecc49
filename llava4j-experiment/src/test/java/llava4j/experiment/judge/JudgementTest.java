package llava4j.experiment.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.experiment.catalogue.Catalogue;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Scale;
import llava4j.experiment.ledger.Entry;
import llava4j.experiment.ledger.Figure;
import llava4j.train.config.TrainConfig.Precision;
import org.junit.jupiter.api.Test;

class JudgementTest {
  private static final Experiment CONNECTOR =
      Catalogue.of(ExperimentName.CONNECTOR, Scale.SMOKE, Precision.FP32);
  private static final int QUESTIONS = 400;

  /// Right answers to the first questions.
  private static Figure right(int count) {
    List<Double> points = new ArrayList<>(Collections.nCopies(count, 1.0));
    points.addAll(Collections.nCopies(QUESTIONS - count, 0.0));
    return Figure.mean(100, points);
  }

  private static Entry entry(String arm, long seed, Figure figure, double guess) {
    SequencedMap<Measure, Figure> figures = new LinkedHashMap<>();
    figures.put(Measure.RIGHT, figure);
    return new Entry(
        "connector",
        "smoke",
        arm,
        seed,
        "",
        figures,
        Map.of(Measure.RIGHT, guess),
        List.of(),
        QUESTIONS,
        1);
  }

  private static Judgement judge(int[] linear, int[] two, double guess) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < linear.length; i++) {
      entries.add(entry("linear", i + 1, right(linear[i]), guess));
      entries.add(entry("2 layers", i + 1, right(two[i]), guess));
    }
    return Judgement.of(CONNECTOR, entries);
  }

  @Test
  void aDifferenceBeyondChanceAgrees() {
    Judgement judgement = judge(new int[] {100, 104, 98}, new int[] {160, 158, 162}, 10);
    assertThat(judgement.verdict()).isEqualTo(Verdict.AGREE);
    assertThat(judgement.reasons().getFirst())
        .contains("\"2 layers\" against \"linear\"", "3 seeds");
  }

  @Test
  void theOppositeDisagrees() {
    assertThat(judge(new int[] {160, 158, 162}, new int[] {100, 104, 98}, 10).verdict())
        .isEqualTo(Verdict.DISAGREE);
  }

  @Test
  void seedsThatScatterCannotTell() {
    assertThat(judge(new int[] {100, 180, 60}, new int[] {160, 120, 170}, 10).verdict())
        .isEqualTo(Verdict.CANNOT_TELL);
  }

  @Test
  void oneSeedNeverDecides() {
    Judgement judgement = judge(new int[] {100}, new int[] {200}, 10);
    assertThat(judgement.verdict()).isEqualTo(Verdict.CANNOT_TELL);
    assertThat(judgement.reasons().getFirst())
        .contains("leans to what the paper found", "3 are needed");
  }

  @Test
  void modelsThatOnlyGuessCannotTell() {
    Judgement judgement = judge(new int[] {100, 104, 98}, new int[] {160, 158, 162}, 60);
    assertThat(judgement.verdict()).isEqualTo(Verdict.CANNOT_TELL);
    assertThat(judgement.reasons().getFirst()).contains("most frequent answer (60.0 %)");
  }

  @Test
  void basesThatWereTrainedOnceEachCannotTell() {
    Experiment sides = Catalogue.of(ExperimentName.RESOLUTION, Scale.SMOKE, Precision.FP32);
    List<Entry> entries = new ArrayList<>();
    for (int seed = 1; seed <= 3; seed++) {
      entries.add(entry(sides.arms().getFirst().name(), seed, right(100 + seed), 10));
      entries.add(entry(sides.arms().getLast().name(), seed, right(160 + seed), 10));
    }
    Judgement judgement = Judgement.of(sides, entries);
    assertThat(judgement.verdict()).isEqualTo(Verdict.CANNOT_TELL);
    assertThat(judgement.reasons().getFirst()).contains("was trained once for all seeds");
  }

  @Test
  void missingArmsCannotTell() {
    Judgement judgement = Judgement.of(CONNECTOR, List.of(entry("linear", 1, right(10), 0)));
    assertThat(judgement.verdict()).isEqualTo(Verdict.CANNOT_TELL);
    assertThat(judgement.reasons().getFirst()).contains("no seed has both arms");
  }

  @Test
  void theIntervalOfOneSeedIsThatOfItsQuestions() {
    Estimate estimate = Statistics.of(List.of(right(100)));
    double standardError = 100 * Math.sqrt(0.25 * 0.75 / QUESTIONS);
    assertThat(estimate.mean()).isCloseTo(25, within(1e-9));
    assertThat(estimate.low()).isCloseTo(25 - 1.96 * standardError, within(0.5));
    assertThat(estimate.high()).isCloseTo(25 + 1.96 * standardError, within(0.5));
  }

  @Test
  void seedsWithoutQuestionsHaveStudentsInterval() {
    Estimate estimate = Statistics.of(List.of(Figure.of(1), Figure.of(2), Figure.of(3)));
    assertThat(estimate.mean()).isCloseTo(2, within(1e-9));
    assertThat(estimate.high() - 2).isCloseTo(4.303 / Math.sqrt(3), within(1e-9));
    assertThat(Statistics.of(List.of(Figure.of(1))).bounded()).isFalse();
  }

  @Test
  void oneSeedWithoutQuestionsCannotTell() {
    Judgement judgement =
        Judgement.of(
            CONNECTOR,
            List.of(entry("linear", 1, Figure.of(3), 0), entry("2 layers", 1, Figure.of(5), 0)));
    assertThat(judgement.verdict()).isEqualTo(Verdict.CANNOT_TELL);
    assertThat(judgement.reasons().getFirst()).contains("one seed without questions cannot tell");
  }

  @Test
  void equalAnswersDifferByNothing() {
    Estimate difference = Statistics.difference(List.of(right(100)), List.of(right(100)), 1);
    assertThat(difference.low()).isZero();
    assertThat(difference.high()).isZero();
  }
}
