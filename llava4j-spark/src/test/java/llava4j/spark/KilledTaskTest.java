package llava4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llava4j.data.Sample;
import llava4j.data.Turn;
import org.apache.spark.TaskContext$;
import org.apache.spark.TaskContextImpl;
import org.apache.spark.TaskKilledException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A task that is killed ends before its next step.
class KilledTaskTest {
  private final TaskContextImpl task = TaskContext$.MODULE$.empty();

  @AfterEach
  void forget() {
    TaskContext$.MODULE$.unset();
  }

  @Test
  void checksAndEvaluationsStop(@TempDir Path images) {
    TaskContext$.MODULE$.setTaskContext(task);
    SparkDataCheck.CheckSamples checks = new SparkDataCheck.CheckSamples(images.toString());
    SentSample sample =
        SentSample.of(
            7,
            new Sample(
                "x",
                Optional.empty(),
                List.of(new Turn(Turn.Speaker.HUMAN, "why"), new Turn(Turn.Speaker.GPT, "so"))));
    AnswerQuestions answers = new AnswerQuestions(ModelSettings.of(Cluster.TINY), 1, 1);
    SentQuestion question = new SentQuestion(1, "1", false, List.of(), "What?");

    assertThat(checks.call(List.of(sample).iterator())).toIterable().hasSize(1);
    task.markInterrupted("stage cancelled");
    assertThatThrownBy(() -> checks.call(List.of(sample).iterator()))
        .isInstanceOf(TaskKilledException.class);
    assertThatThrownBy(() -> answers.call(List.of(question).iterator()))
        .isInstanceOf(TaskKilledException.class);
  }
}
