package llava4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import llava4j.cli.LlavaProcess;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `llava train --restarts` as a process that starts others.
class RestartTest {
  private static final Path BUNDLED =
      Path.of("").toAbsolutePath().getParent().resolve("models/llava-tiny");

  /// So many that the run does not end before the kill on a busy machine.
  private static final int MANY_STEPS = 24;

  private static final String IMAGE = "photo_444.jpg";

  @TempDir private Path folder;

  @Test
  void aKilledProcessIsNamedAndTheRunGoesOnFromItsCheckpoint() throws Exception {
    Process launcher =
        train(IMAGE, "--processes", "2", "--restarts", "2", "maxSteps=" + MANY_STEPS);
    Path checkpoints = folder.resolve("out/checkpoints");
    while (launcher.isAlive() && !hasCheckpoint(checkpoints)) {
      Thread.sleep(5);
    }
    launcher
        .children()
        .filter(RestartTest::isProcessOne)
        .findFirst()
        .ifPresent(process -> {
          assertThat(process.destroyForcibly()).isTrue();
        });
    String said = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(launcher.waitFor()).as(said).isZero();
    assertThat(said)
        .contains("process 1 ended with signal 9", "process 1 has stopped (seen by process 0")
        .containsPattern("llava: restart 1 of 2, from the checkpoint step-000000\\d\\d\n")
        .doesNotContain("restart 2 of 2");
    assertThat(folder.resolve("out/mm_projector.bin")).isRegularFile();
  }

  private static boolean hasCheckpoint(Path checkpoints) throws IOException {
    if (!Files.isDirectory(checkpoints)) {
      return false;
    }
    try (Stream<Path> folders = Files.list(checkpoints)) {
      return folders.anyMatch(path -> path.getFileName().toString().matches("step-\\d+"));
    }
  }

  private static boolean isProcessOne(ProcessHandle process) {
    try {
      String variables = Files.readString(Path.of("/proc/" + process.pid() + "/environ"));
      return Stream.of(variables.split("\0", -1)).anyMatch("RANK=1"::equals);
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  /// Sample 1 is the second process's, and the first one repeats its sentence.
  @Test
  void aMistakeIsNotTriedAgain() throws Exception {
    Process launcher =
        train(
            "nowhere.jpg", "--processes", "2", "--restarts", "2", "order=SEQUENTIAL", "maxSteps=8");
    String said = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(launcher.waitFor()).as(said).isEqualTo(2);
    assertThat(said)
        .containsPattern("llava: process 1 ended: .*nowhere.jpg.*\\(seen by process 0")
        .doesNotContain("restart 1", "ended with code 75");
  }

  /// Nobody would end them otherwise.
  @Test
  void processesEndWithTheLauncherThatWasKilled() throws Exception {
    Path said = folder.resolve("said");
    Process launcher =
        command(IMAGE, "--processes", "2", "maxSteps=100000").redirectOutput(said.toFile()).start();
    while (launcher.isAlive() && !hasCheckpoint(folder.resolve("out/checkpoints"))) {
      Thread.sleep(5);
    }
    List<ProcessHandle> processes = launcher.children().toList();
    assertThat(processes).as(Files.readString(said)).hasSize(2);
    launcher.destroyForcibly().waitFor();
    try {
      for (ProcessHandle process : processes) {
        process.onExit().get(20, TimeUnit.SECONDS);
      }
    } finally {
      processes.forEach(ProcessHandle::destroyForcibly);
    }
    assertThat(Files.readString(said)) // the second to look may end because the first has ended
        .containsPattern(
            "llava: process [01] ends because the process that started it has ended; start the same");
  }

  /// As another launcher starts them, on machines of which one has no GPU.
  @Test
  void aMistakeBeforeAProcessJoinsEndsTheOthers() throws Exception {
    int port = freePort();
    Process waiting = launched(0, port, command(IMAGE)).start();
    ProcessBuilder wrong = launched(1, port, command(IMAGE));
    wrong.command().set(wrong.command().indexOf("--device=cpu"), "--device=cuda:-1");
    Process failing = wrong.start();
    String ofFailing = new String(failing.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(ofFailing).contains("llava: ").doesNotContain("\tat ");
    assertThat(failing.waitFor()).isEqualTo(2);
    assertThat(waiting.waitFor(30, TimeUnit.SECONDS)).as("it would wait for half an hour").isTrue();
    String ofWaiting = new String(waiting.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(waiting.exitValue()).as(ofWaiting).isEqualTo(2);
    assertThat(ofWaiting).contains("llava: process 1 ended: ");
  }

  private static ProcessBuilder launched(int rank, int port, ProcessBuilder process) {
    process
        .environment()
        .putAll(
            Map.of(
                "RANK", String.valueOf(rank),
                "WORLD_SIZE", "2",
                "LOCAL_RANK", "0",
                "MASTER_ADDR", "127.0.0.1",
                "MASTER_PORT", String.valueOf(port)));
    return process;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Process train(String second, String... more) throws IOException {
    return command(second, more).start();
  }

  /// @param second image of sample 1
  private ProcessBuilder command(String second, String... more) throws IOException {
    StringBuilder samples = new StringBuilder();
    for (int i = 0; i < 16; i++) {
      samples.append(
          """
          {"id":"%d","image":"%s","conversations":[{"from":"human","value":"<image>"},\
          {"from":"gpt","value":"a photo"}]}
          """
              .formatted(i, i == 1 ? second : IMAGE));
    }
    Path data = Files.writeString(folder.resolve("data.jsonl"), samples.toString());
    List<String> command =
        LlavaProcess.command(
            List.of("-XX:TieredStopAtLevel=1"),
            List.of(
                "train",
                "tinyPretrain",
                "globalBatch=2",
                "deviceBatch=1",
                "saveEvery=1",
                "--device=cpu"));
    Stream.of("--base", BUNDLED, "--data", data, "--images", Golden.path("images"))
        .forEach(word -> command.add(word.toString()));
    command.addAll(List.of("--out", folder.resolve("out").toString()));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }
}
