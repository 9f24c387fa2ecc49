package llava4j.train.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchEnvironmentTest {
  /// The variables that torchrun sets for process 5 of two machines with four processes each.
  private static final Map<String, String> TORCHRUN =
      Map.of(
          "RANK", "5",
          "WORLD_SIZE", "8",
          "LOCAL_RANK", "1",
          "LOCAL_WORLD_SIZE", "4",
          "GROUP_RANK", "1",
          "MASTER_ADDR", "node0.cluster",
          "MASTER_PORT", "29500");

  @Test
  void withoutVariablesAProcessIsAlone() {
    LaunchEnvironment alone = LaunchEnvironment.of(Map.of("PATH", "/bin", "SLURM_JOB_ID", "7"));
    assertThat(alone).isEqualTo(LaunchEnvironment.alone());
    assertThat(alone.rank()).isZero();
    assertThat(alone.worldSize()).isEqualTo(1);
    assertThat(alone.localRank()).isZero();
  }

  /// Its agent already listens on the master's port.
  @Test
  void torchrunsAgentKeepsTheStore() {
    Map<String, String> variables = new HashMap<>(TORCHRUN);
    variables.put("TORCHELASTIC_USE_AGENT_STORE", "True");
    variables.put("TORCHELASTIC_RESTART_COUNT", "2");
    assertThat(LaunchEnvironment.of(variables).agentAttempt()).hasValue(2);
    variables.put("TORCHELASTIC_USE_AGENT_STORE", "False");
    assertThat(LaunchEnvironment.of(variables).agentAttempt()).isEmpty();
  }

  @Test
  void torchrunIsUnderstood() {
    assertThat(LaunchEnvironment.of(TORCHRUN))
        .isEqualTo(new LaunchEnvironment(5, 8, "node0.cluster", 29500, 1));
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

  @Test
  void numbersMayHaveBlanksAroundThem() {
    assertThat(LaunchEnvironment.of(with("RANK", " 2 ")).rank()).isEqualTo(2);
  }

  @Test
  void oneProcessInTheWorldNeedsNoAddress() {
    assertThat(LaunchEnvironment.of(Map.of("WORLD_SIZE", "1", "RANK", "0")))
        .isEqualTo(LaunchEnvironment.alone());
  }

  @Test
  void oneProcessInTheWorldMustBeTheFirst() {
    assertRefused(Map.of("WORLD_SIZE", "1", "RANK", "3"), "RANK is 3 and WORLD_SIZE is 1");
  }

  @Test
  void rankWithoutWorldSizeIsRefused() {
    assertRefused(Map.of("RANK", "0"), "RANK is set but WORLD_SIZE is not");
  }

  @ParameterizedTest
  @ValueSource(strings = {"RANK", "MASTER_ADDR", "MASTER_PORT"})
  void aMissingVariableIsNamed(String name) {
    Map<String, String> variables = new HashMap<>(TORCHRUN);
    variables.remove(name);
    assertRefused(variables, name + " is not set");
  }

  @Test
  void withoutLocalRankTheFirstGpuIsTaken() {
    Map<String, String> variables = new HashMap<>(TORCHRUN);
    variables.remove("LOCAL_RANK");
    assertThat(LaunchEnvironment.of(variables).localRank()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "RANK,8,RANK is 8 and WORLD_SIZE is 8",
    "RANK,-1,RANK is -1",
    "RANK,first,RANK is 'first'",
    "RANK,'',RANK is ''",
    "WORLD_SIZE,0,WORLD_SIZE is 0",
    "WORLD_SIZE,-2,WORLD_SIZE is -2",
    "WORLD_SIZE,many,WORLD_SIZE is 'many'",
    "WORLD_SIZE,99999999999,WORLD_SIZE is '99999999999'",
    "MASTER_ADDR,'  ',MASTER_ADDR is not set",
    "MASTER_PORT,0,MASTER_PORT is 0",
    "MASTER_PORT,65536,MASTER_PORT is 65536",
    "MASTER_PORT,http,MASTER_PORT is 'http'",
    "LOCAL_RANK,-1,LOCAL_RANK is -1",
    "LOCAL_RANK,gpu,LOCAL_RANK is 'gpu'"
  })
  void aValueThatCannotBeIsNamed(String name, String value, String said) {
    assertRefused(with(name, value), said);
  }

  private static Map<String, String> with(String name, String value) {
    Map<String, String> variables = new HashMap<>(TORCHRUN);
    variables.put(name, value);
    return variables;
  }

  private static void assertRefused(Map<String, String> variables, String said) {
    assertThatThrownBy(() -> LaunchEnvironment.of(variables))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(said)
        .satisfies(e -> assertThat(e.getMessage()).contains("; ").doesNotContain("\n"));
  }
}
