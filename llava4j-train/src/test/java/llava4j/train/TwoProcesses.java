package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import llava4j.golden.Golden;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.LocalLauncher;
import llava4j.train.distributed.ProcessGroup;

/// Two processes of a test, with a main class of its own.
final class TwoProcesses {
  private TwoProcesses() {}

  /// Runs both to their end, which must be a good one.
  ///
  /// @return what they said
  static String run(Class<?> main, List<String> arguments) throws InterruptedException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream text = new PrintStream(out, true, StandardCharsets.UTF_8);
    int code =
        new LocalLauncher(main.getName(), arguments, text, text)
            .run(2, Map.of(GoldenProcess.ROOT, Golden.root().toString()));
    String said = out.toString(StandardCharsets.UTF_8);
    assertThat(code).as(said).isZero();
    return said;
  }

  /// Called first in the main class.
  static ProcessGroup join() {
    System.setProperty("llava4j.golden", System.getenv(GoldenProcess.ROOT));
    NativeRuntime.prepare();
    return ConnectedProcesses.join(
        LaunchEnvironment.of(System.getenv()),
        new Device.Cpu(),
        Duration.ofMinutes(1),
        reason -> System.err.println(reason));
  }
}
