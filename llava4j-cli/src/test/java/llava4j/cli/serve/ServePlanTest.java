package llava4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import llava4j.cli.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServePlanTest {
  private static final String TINY =
      Path.of("").toAbsolutePath().getParent().resolve("models/llava-tiny").toString();

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... words) {
    return Main.execute(
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true)), words);
  }

  @Test
  void plansForAGpu() {
    assertThat(run("serve", TINY, "--plan", "--on", "H100", "--answer-tokens", "10"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString())
        .contains("plan for llava-tiny on H100", "100 + 10 tokens", "16 at once", "requests/s");
  }

  @Test
  void aNoteSaysThatWideningIsNotCounted() {
    assertThat(run("serve", TINY, "--plan", "--on", "H100", "--weights", "q8"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).contains("note: prompts of 256 tokens and more widen");
    out.getBuffer().setLength(0);
    assertThat(run("serve", TINY, "--plan", "--on", "H100")).isZero();
    assertThat(out.toString()).doesNotContain("widen");
  }

  /// Its speed is measured.
  @Test
  void plansForThisMachine() {
    assertThat(run("serve", TINY, "--plan")).as(err.toString()).isZero();
    assertThat(out.toString()).contains("this machine, which reads", "first word");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--plan --on TPU | unknown device 'TPU': use one of A100",
        "--plan --on 8xH100 | a server uses one GPU; write --on H100",
        "--on H100 | --on would have no effect: it belongs to --plan",
        "--plan --on H100 --weights fp16 | weights as fp16 are for the processor, and on a GPU they are bf16",
        "--plan --on H100 --port 80 | --port would have no effect",
        "--plan --on H100 --prompt-tokens 5000 | do not fit into the model's context of 1024"
      })
  void saysWhatIsWrong(String options, String message) {
    assertThat(run(("serve " + TINY + " " + options).split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains(message);
  }
}
