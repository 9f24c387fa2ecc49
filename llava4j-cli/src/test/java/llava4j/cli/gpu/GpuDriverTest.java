package llava4j.cli.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llava4j.cli.gpu.GpuDriver.Gpu;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What speaks against a GPU is known before anything is downloaded.
class GpuDriverTest {
  private static final Gpu H200 = new Gpu("NVIDIA H200", 9.0);

  @TempDir private Path root;

  @Test
  void withoutADriverThereIsNoGpu() {
    GpuDriver driver = GpuDriver.find(root, root.resolve("no-nvidia-smi").toString());
    assertThat(driver).isEqualTo(new GpuDriver(Optional.empty(), List.of()));
    assertThat(driver.problem().orElseThrow())
        .contains("has no NVIDIA driver", "install driver 580.65.06 or newer")
        .doesNotContain("\n");
  }

  @Test
  void readsTheModulesFileOfBothKindsOfModule() throws IOException {
    Path file = root.resolve("proc/driver/nvidia/version");
    Files.createDirectories(file.getParent());
    Files.writeString(
        file,
        """
        NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024
        GCC version:  gcc version 12.3.0
        """);
    assertThat(find("exit 9").version()).contains("535.183.01");
    Files.writeString(
        file,
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n");
    assertThat(find("exit 9").version()).contains("580.65.06");
    assertThat(find("exit 9").problem()).isEmpty();
  }

  @Test
  void readsNvidiaSmi() throws IOException {
    GpuDriver driver = find("echo 'NVIDIA H200, 590.48.01, 9.0'; echo 'Tesla T4, 590.48.01, 7.5'");
    assertThat(driver.version()).contains("590.48.01");
    assertThat(driver.gpus()).containsExactly(H200, new Gpu("Tesla T4", 7.5));
    assertThat(driver.problem()).isEmpty();
    assertThat(driver)
        .hasToString(
            "driver 590.48.01, NVIDIA H200 (compute capability 9.0), Tesla T4 (compute capability 7.5)");
    assertThat(find("echo 'No devices were found'; exit 6").problem()).isPresent();
    assertThat(find("echo 'NVIDIA H200, 590.48.01, [N/A]'").problem()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "580.65.06,false",
    "580.65.05,true",
    "580.65,true",
    "580.9,true",
    "580.105.08,false",
    "1000.1,false",
    "575.99.99,true"
  })
  void comparesVersionsPartByPart(String version, boolean tooOld) {
    Optional<String> problem = new GpuDriver(Optional.of(version), List.of(H200)).problem();
    assertThat(problem.isPresent()).isEqualTo(tooOld);
    problem.ifPresent(
        sentence -> assertThat(sentence).contains(version, "too old", "580.65.06 or newer"));
  }

  @Test
  void anOldGpuIsNamed() {
    Gpu old = new Gpu("Tesla V100", 7.0);
    assertThat(new GpuDriver(Optional.of("580.65.06"), List.of(old)).problem().orElseThrow())
        .contains("Tesla V100 has compute capability 7.0", "7.5 or more");
    assertThat(new GpuDriver(Optional.of("580.65.06"), List.of(old, H200)).problem()).isEmpty();
  }

  private GpuDriver find(String script) throws IOException {
    Path smi = root.resolve("nvidia-smi");
    Files.writeString(smi, "#!/bin/sh\n" + script + "\n");
    assertThat(smi.toFile().setExecutable(true)).isTrue();
    return GpuDriver.find(root, smi.toString());
  }
}
