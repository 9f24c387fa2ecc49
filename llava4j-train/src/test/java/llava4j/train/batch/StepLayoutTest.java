package llava4j.train.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepLayoutTest {
  @Test
  void groupsGoToTheProcessesInTurn() {
    StepLayout layout = new StepLayout(32, 8, 2, 2);
    assertThat(layout.stepsPerEpoch()).isEqualTo(4);
    assertThat(layout.positions(0, 0)).containsExactly(List.of(0L, 1L), List.of(4L, 5L));
    assertThat(layout.positions(0, 1)).containsExactly(List.of(2L, 3L), List.of(6L, 7L));
    assertThat(layout.positions(3, 1)).containsExactly(List.of(26L, 27L), List.of(30L, 31L));
  }

  @Test
  void theLastStepOfOneProcessIsShort() {
    StepLayout layout = new StepLayout(11, 8, 2, 1);
    assertThat(layout.stepsPerEpoch()).isEqualTo(2);
    assertThat(layout.positions(1, 0)).containsExactly(List.of(8L, 9L), List.of(10L));
  }

  @Test
  void theLastStepOfSeveralIsFilledUpFromTheStart() {
    StepLayout layout = new StepLayout(11, 8, 2, 2);
    assertThat(layout.positions(1, 0)).containsExactly(List.of(8L, 9L));
    assertThat(layout.positions(1, 1)).containsExactly(List.of(10L, 0L));
  }

  @Test
  void fewerSamplesThanProcessesNeedGoRoundMoreThanOnce() {
    StepLayout layout = new StepLayout(3, 8, 2, 4);
    assertThat(layout.stepsPerEpoch()).isEqualTo(1);
    assertThat(layout.positions(0, 0)).containsExactly(List.of(0L, 1L));
    assertThat(layout.positions(0, 1)).containsExactly(List.of(2L, 0L));
    assertThat(layout.positions(0, 2)).containsExactly(List.of(1L, 2L));
    assertThat(layout.positions(0, 3)).containsExactly(List.of(0L, 1L));
  }

  @Test
  void positionsBeyondTheRangeOfIntAreReached() {
    StepLayout layout = new StepLayout(5_000_000_000L, 1000, 500, 2);
    assertThat(layout.stepsPerEpoch()).isEqualTo(5_000_000);
    assertThat(layout.positions(4_999_999, 1).getFirst().getLast()).isEqualTo(4_999_999_999L);
  }

  @ParameterizedTest
  @CsvSource({
    "64,16,4,1",
    "64,16,4,2",
    "64,16,4,4",
    "65,16,4,2",
    "79,16,2,4",
    "3,16,4,1",
    "17,16,1,8"
  })
  void anEpochTakesEverySampleAndAllProcessesDoEquallyMuch(
      long samples, int globalBatch, int deviceBatch, int processes) {
    StepLayout layout = new StepLayout(samples, globalBatch, deviceBatch, processes);
    List<Long> all = new ArrayList<>();
    for (long step = 0; step < layout.stepsPerEpoch(); step++) {
      List<List<Integer>> shapes = new ArrayList<>();
      for (int rank = 0; rank < processes; rank++) {
        List<List<Long>> own = layout.positions(step, rank);
        shapes.add(own.stream().map(List::size).toList());
        own.forEach(all::addAll);
      }
      assertThat(shapes).as("step " + step).containsOnly(shapes.getFirst());
    }
    assertThat(all).hasSizeLessThan(Math.toIntExact(samples) + deviceBatch * processes);
    assertThat(all)
        .containsAll(LongStream.range(0, samples).boxed().toList())
        .allMatch(position -> position < samples);
    if (processes == 1) {
      assertThat(all).hasSize(Math.toIntExact(samples));
    }
  }
}
