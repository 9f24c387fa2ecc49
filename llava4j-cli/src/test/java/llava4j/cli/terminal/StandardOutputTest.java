package llava4j.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StandardOutputTest {
  private final StringWriter err = new StringWriter();

  @Test
  void outputThatWasWrittenIsNoFailure() {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    assertThat(check(written, 0)).isZero();
    assertThat(check(written, 1)).isEqualTo(1);
    assertThat(written.toString(StandardCharsets.UTF_8)).isEqualTo("answeranswer");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void aFullDiskEndsWithOneSentenceAndTwo() {
    assertThat(check(new Broken("No space left on device"), 0)).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("llava: the output could not be written (No space left on device);")
        .hasLineCount(1);
    assertThat(check(new Broken("No space left on device"), 1)).isEqualTo(1);
  }

  @Test
  void aReaderThatHasReadEnoughIsNoFailure() {
    assertThat(check(new Broken("Broken pipe"), 0)).isZero();
    assertThat(err.toString()).isEmpty();
  }

  private int check(OutputStream device, int code) {
    PrintStream stream = new PrintStream(device, false, StandardCharsets.UTF_8);
    stream.print("answer");
    return new StandardOutput(stream, device).check(code, new PrintWriter(err));
  }

  /// Fails at every byte.
  private static final class Broken extends OutputStream {
    private final String reason;

    Broken(String reason) {
      this.reason = reason;
    }

    @Override
    public void write(int value) throws IOException {
      throw new IOException(reason);
    }
  }
}
