package llava4j.cli.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `scripts/gpu-check` with a false llava: what it leaves when commands break.
class GpuCheckTest {
  private static final Path SCRIPT =
      Path.of("..").toAbsolutePath().normalize().resolve("scripts/gpu-check/GpuCheck.java");

  @TempDir private Path folder;

  @Test
  void aLineThatBreaksLosesNoOther() throws Exception {
    Path file = folder.resolve("gpu-check.json");
    // the doctor's answer is no JSON, those to questions have nothing in them
    llava(
        """
        case $1 in
          info) ;;
          ask) echo '{}' ;;
          train) grep -q '"training step' %s || exit 3; exit 4 ;;
          *) echo 'no JSON' ;;
        esac
        """
            .formatted(file));
    String said = check(file, "-Dgpu-check.model-bytes=" + Long.MAX_VALUE / 2);
    JsonNode lines = new JsonMapper().readTree(Files.readString(file)).get("lines");
    List<String> statuses =
        StreamSupport.stream(lines.spliterator(), false)
            .map(line -> line.get("what").asString() + ": " + line.get("status").asString())
            .toList();
    assertThat(statuses)
        .as(said)
        .contains(
            "device: failed",
            "forward, beside the processor: failed",
            "training step, zero=PARAMETERS, beside the processor: failed",
            "forward with q4, beside the processor: failed",
            "decode bf16, 1 sequence: not run",
            "decode q8, 64 sequences: not run",
            "prefill q4, 640 rows: not run",
            "training MFU, 7B shapes: not run");
    assertThat(statuses).hasSize(24);
    assertThat(said)
        .contains("GB free, and a model with random weights needs")
        .contains(
            "training step, zero=NONE, beside the processor: failed (no message (exit code 3))")
        .as("the file is written after every line")
        .contains("zero=OPTIMIZER, beside the processor: failed (no message (exit code 4))");
  }

  @Test
  void theTimeIsNeverMoreThanItIsSaidToBe() throws Exception {
    llava("[ $1 = info ] || sleep 60");
    long start = System.nanoTime();
    String said = check(folder.resolve("gpu-check.json"), "-Dgpu-check.seconds=1.5");
    assertThat((System.nanoTime() - start) / 1e9).as(said).isLessThan(30);
    assertThat(said)
        .contains("device: not run (llava was ended after ", "as there was no time left")
        .contains("training MFU, 7B shapes: not run (there was no time left)");
  }

  private void llava(String script) throws IOException {
    Path file = Files.writeString(folder.resolve("llava"), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /// @return what it prints
  private String check(Path file, String property) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                property,
                "-cp",
                System.getProperty("java.class.path"),
                SCRIPT.toString(),
                folder.toString(),
                "--out",
                file.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isIn(0, 1);
    return said;
  }
}
