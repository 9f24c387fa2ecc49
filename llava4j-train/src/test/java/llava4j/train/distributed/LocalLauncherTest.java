package llava4j.train.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Processes that only end, with the codes that a test wants.
class LocalLauncherTest {
  @TempDir private Path folder;
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /// @param tries exit codes of both processes, for each try
  @ParameterizedTest
  @CsvSource({
    // a process is lost once, the other one says so
    "75 137:0 0, 3, 0, 1",
    // every time: as often as asked
    "137 75:1 75:75 1, 2, 1, 2",
    // a user's mistake, whoever sees the other end first
    "75 2:0 0, 3, 2, 0",
    "2 75:0 0, 3, 2, 0",
    // stopped by the user
    "130 130:0 0, 3, 130, 0",
    "0 0, 3, 0, 0",
    "75 75:0 0, 0, 75, 0",
    "137 75:0 0, 0, 75, 0"
  })
  void startsAgainWhatMayPass(String tries, int restarts, int code, int restarted)
      throws Exception {
    List<String> arguments = List.of(folder.toString(), tries);
    LocalLauncher launcher = launcher(arguments);
    assertThat(launcher.runAgain(2, restarts, Map.of(), () -> "from step 7")).isEqualTo(code);
    List<String> lines = err.toString(StandardCharsets.UTF_8).lines().toList();
    List<String> said = lines.stream().filter(line -> line.contains("restart")).toList();
    assertThat(said).as(lines.toString()).hasSize(restarted);
    for (int i = 0; i < restarted; i++) {
      assertThat(said.get(i))
          .isEqualTo("llava: restart " + (i + 1) + " of " + restarts + ", from step 7");
    }
  }

  @Test
  void aKilledProcessIsNamedWithItsSignal() throws Exception {
    LocalLauncher launcher = launcher(List.of(folder.toString(), "0 143"));
    assertThat(launcher.run(2, Map.of())).isEqualTo(75);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("llava: process 1 ended with signal 15; ending the others");
  }

  @Test
  void aProcessThatDoesNotEndAfterTheFailureOfAnotherIsEnded() throws Exception {
    PrintStream text = new PrintStream(err, true, StandardCharsets.UTF_8);
    LocalLauncher launcher =
        new LocalLauncher(
            Ending.class.getName(),
            List.of(folder.toString(), Ending.NEVER + " 3"),
            text,
            text,
            Duration.ofMillis(200));
    assertThat(launcher.run(2, Map.of())).isEqualTo(3);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("llava: process 1 ended with code 3; ending the others");
  }

  private LocalLauncher launcher(List<String> arguments) {
    PrintStream text = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new LocalLauncher(Ending.class.getName(), arguments, text, text);
  }

  /// The main class of the processes.
  static final class Ending {
    /// A code of a process that does not end by itself.
    private static final int NEVER = -1;

    private Ending() {}

    /// @param arguments folder in which a file counts this process's tries; codes
    public static void main(String[] arguments) throws IOException, InterruptedException {
      String rank = System.getenv(LaunchEnvironment.RANK);
      Path file = Path.of(arguments[0], "tries-" + rank);
      int before = Files.exists(file) ? (int) Files.size(file) : 0;
      Files.writeString(file, "x", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      String codes = arguments[1].split(":", -1)[before];
      int code = Integer.parseInt(codes.split(" ", -1)[Integer.parseInt(rank)]);
      if (code == NEVER) {
        Thread.sleep(Duration.ofMinutes(10));
      }
      System.exit(code);
    }
  }
}
