package llava4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.junit.jupiter.api.Test;

/// progressbar was compiled against JLine 3; we give it JLine 4 (docs/adr/0004).
class ProgressBarTest {
  @Test
  void progressBarDrawsWithOurTerminalLibrary() {
    ByteArrayOutputStream drawn = new ByteArrayOutputStream();
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName("loading")
            .setInitialMax(2)
            // without a fixed width it asks JLine for the terminal's
            .setConsumer(
                new ConsoleProgressBarConsumer(
                    new PrintStream(drawn, true, StandardCharsets.UTF_8)))
            .build()) {
      bar.step();
      bar.step();
    }
    assertThat(drawn.toString(StandardCharsets.UTF_8)).contains("loading", "100%", "2/2");
  }
}
