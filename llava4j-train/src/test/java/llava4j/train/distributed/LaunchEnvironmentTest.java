package llava4j.train.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LaunchEnvironmentTest {
  @Test
  void withoutVariablesTheProcessIsAlone() {
    assertThat(LaunchEnvironment.of(Map.of())).isEqualTo(LaunchEnvironment.alone());
    assertThat(LaunchEnvironment.of(Map.of("WORLD_SIZE", "1", "RANK", "0")).worldSize())
        .isEqualTo(1);
  }

  @Test
  void torchrunAndKubeflowAreUnderstood() {
    Map<String, String> variables =
        Map.of(
            "RANK", "5",
            "WORLD_SIZE", "8",
            "LOCAL_RANK", "1",
            "MASTER_ADDR", "worker-0.job",
            "MASTER_PORT", "23456");
    assertThat(LaunchEnvironment.of(variables))
        .isEqualTo(new LaunchEnvironment(5, 8, "worker-0.job", 23456, 1));
  }

  @Test
  void slurmsOwnNumbersCountBesideAMaster() {
    Map<String, String> slurm =
        Map.of(
            "SLURM_PROCID", "3",
            "SLURM_NTASKS", "4",
            "SLURM_LOCALID", "1",
            "MASTER_ADDR", "node1",
            "MASTER_PORT", "29500");
    assertThat(LaunchEnvironment.of(slurm))
        .isEqualTo(new LaunchEnvironment(3, 4, "node1", 29500, 1));
    assertThat(LaunchEnvironment.of(Map.of("SLURM_PROCID", "0", "SLURM_NTASKS", "4")))
        .isEqualTo(LaunchEnvironment.alone());
  }

  @ParameterizedTest
  @CsvSource({
    "RANK=2, RANK is set but WORLD_SIZE is not",
    "WORLD_SIZE=2;RANK=0, MASTER_ADDR is not set",
    "WORLD_SIZE=2;RANK=0;MASTER_ADDR=h, MASTER_PORT is not set",
    "WORLD_SIZE=2;RANK=0;MASTER_ADDR=h;MASTER_PORT=x, MASTER_PORT is 'x'",
    "WORLD_SIZE=2;RANK=0;MASTER_ADDR=h;MASTER_PORT=70000, MASTER_PORT is 70000",
    "WORLD_SIZE=2;RANK=2;MASTER_ADDR=h;MASTER_PORT=7, RANK is 2 and WORLD_SIZE is 2",
    "WORLD_SIZE=2;MASTER_ADDR=h;MASTER_PORT=7, RANK is not set",
    "WORLD_SIZE=two;RANK=0, WORLD_SIZE is 'two'",
    "WORLD_SIZE=2;RANK=0;MASTER_ADDR=h;MASTER_PORT=7;LOCAL_RANK=-1, LOCAL_RANK is -1"
  })
  void whatIsWrongIsNamed(String assignments, String complaint) {
    Map<String, String> variables = new java.util.HashMap<>();
    for (String assignment : assignments.split(";", -1)) {
      int equals = assignment.indexOf('=');
      variables.put(assignment.substring(0, equals), assignment.substring(equals + 1));
    }
    assertThatThrownBy(() -> LaunchEnvironment.of(variables))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(complaint);
  }
}
