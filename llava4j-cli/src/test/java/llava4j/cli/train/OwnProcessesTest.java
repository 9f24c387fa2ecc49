package llava4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class OwnProcessesTest {
  private static final Map<String, String> SLURM =
      Map.of("SLURM_PROCID", "1", "SLURM_NTASKS", "2", "MASTER_ADDR", "node1");

  @TempDir private Path folder;

  @Test
  void tasksOfSlurmAreNotStartedAgain() {
    OwnProcesses asked = CommandLine.populateCommand(new OwnProcesses(), "--restarts", "3");
    assertThatThrownBy(() -> asked.areAsked(SLURM))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("--restarts", "another launcher", "SLURM_PROCID");
    assertThat(asked.areAsked(Map.of("SLURM_PROCID", "0"))).isTrue();
    assertThat(asked.areAsked(Map.of())).isTrue();
  }

  @Test
  void withinSlurmTheNumberOfProcessesIsSlurms() {
    OwnProcesses asked = CommandLine.populateCommand(new OwnProcesses(), "--processes", "2");
    assertThat(asked.areAsked(SLURM)).isFalse();
    assertThat(asked.areAsked(Map.of())).isTrue();
  }

  @Test
  void optionsInAFileOfArgumentsAreFollowedToo() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("args.txt"), "--restarts 3\n--threads=2\n--base\nmodel\n@@home\n");
    CommandLine command = new CommandLine(CommandSpec.create()).setUnmatchedArgumentsAllowed(true);
    assertThat(OwnProcesses.arguments(command.parseArgs("train", "@" + file, "--processes", "2")))
        .containsExactly("train", "--base", "model", "@@home", "--processes", "2");
  }
}
