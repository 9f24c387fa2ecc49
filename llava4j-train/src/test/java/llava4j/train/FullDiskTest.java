package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A run that reaches its file size limit, in a separate process.
@Tag("slow")
class FullDiskTest {
  private static final int BLOCKS = 500; // of 1 KiB

  @TempDir Path folder;

  @Test
  void olderCheckpointStaysWholeAndTheRunGoesOnLater() throws Exception {
    Path out = folder.resolve("out");
    assertThat(run("unlimited", out)).contains("code 0");
    remove(out.resolve("checkpoints/step-00000002"));
    Path checkpoint = out.resolve("checkpoints/step-00000001");
    List<Byte> before = content(checkpoint);
    String complaint = run(String.valueOf(BLOCKS), out);
    assertThat(complaint)
        .contains("step-00000002 was not written")
        .contains("step-00000001 is intact")
        .contains("code 1");
    assertThat(content(checkpoint)).isEqualTo(before);
    assertThat(run("unlimited", out)).contains("code 0");
    assertThat(out.resolve("checkpoints/step-00000002/state.json")).isRegularFile();
  }

  private static List<Byte> content(Path checkpoint) throws IOException {
    List<Byte> bytes = new ArrayList<>();
    try (Stream<Path> files = Files.list(checkpoint)) {
      for (Path file : files.sorted().toList()) {
        for (byte one : Files.readAllBytes(file)) {
          bytes.add(one);
        }
      }
    }
    return bytes;
  }

  private static void remove(Path checkpoint) throws IOException {
    try (Stream<Path> files = Files.list(checkpoint)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(checkpoint);
  }

  private static String run(String limit, Path out) throws Exception {
    List<String> java =
        List.of(
            System.getProperty("java.home") + "/bin/java",
            "-XX:-UsePerfData",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            TrainingProcess.class.getName(),
            "tinyLora",
            out.toString(),
            "globalBatch=8",
            "deviceBatch=4",
            "maxLength=256",
            "saveEvery=1",
            "keepLast=3",
            "maxSteps=2");
    String line = java.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "ulimit -f " + limit + "; " + line + "; echo code $?")
            .redirectErrorStream(true);
    builder.environment().put(GoldenProcess.ROOT, System.getProperty("llava4j.golden"));
    Process process = builder.start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return text;
  }
}
