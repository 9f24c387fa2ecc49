package llava4j.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.Runtime.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.cli.doctor.DiskCheck.Place;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.cli.doctor.Finding.Good;
import llava4j.cli.doctor.Finding.NotRun;
import llava4j.tensor.Processor;
import llava4j.tensor.ThreadCount;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Each thing that can be wrong, by values.
class ChecksTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"25", "25.0.2", "25.0.1+8"})
  void anOldJavaIsAFault(String version) {
    Finding finding = new JavaCheck(Version.parse(version), List.of(), true).run().getFirst();

    assertThat(finding).isInstanceOf(Fault.class);
    assertThat(((Fault) finding).remedy()).contains("25.0.3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"25.0.3", "25.0.3+9-LTS", "25.0.4", "26"})
  void aRecentJavaIsGood(String version) {
    assertThat(new JavaCheck(Version.parse(version), List.of("-Xmx1g"), true).run())
        .singleElement()
        .isInstanceOf(Good.class);
  }

  @Test
  void optionsThatKeepKernelsFromBeingCompiledAreNamed() {
    List<Finding> findings =
        new JavaCheck(Version.parse("25.0.3"), List.of("-XX:TieredStopAtLevel=1", "-Dx=y"), false)
            .run();

    assertThat(findings).filteredOn(Advice.class::isInstance).hasSize(2);
    assertThat(findings).last().satisfies(last -> assertThat(last.text()).contains("Tiered"));
  }

  @Test
  void variablesThatChangeResultsOrSpeedAreNamed() {
    List<Finding> findings =
        new EnvironmentCheck(
                Map.of(
                    "OPENBLAS_CORETYPE", "Haswell",
                    "ONEDNN_MAX_CPU_ISA", "AVX2",
                    "OMP_WAIT_POLICY", "ACTIVE",
                    "OPENBLAS_THREAD_TIMEOUT", "4",
                    "OMP_NUM_THREADS", "2",
                    "PATH", "/bin"))
            .run();

    assertThat(findings).hasSize(3).allMatch(Advice.class::isInstance);
    assertThat(findings)
        .extracting(finding -> finding.text().replaceFirst(" .*", ""))
        .containsExactly(
            "OMP_WAIT_POLICY=ACTIVE", "ONEDNN_MAX_CPU_ISA=AVX2", "OPENBLAS_CORETYPE=Haswell");
  }

  @Test
  void whatTheLaunchersSetIsNothingToTell() {
    assertThat(
            new EnvironmentCheck(
                    Map.of("OMP_WAIT_POLICY", "PASSIVE", "OPENBLAS_THREAD_TIMEOUT", "4"))
                .run())
        .singleElement()
        .isInstanceOf(Good.class);
  }

  @Test
  void moreThreadsThanProcessorsAreAdvisedAgainst() {
    assertThat(new ThreadsCheck(new ThreadCount(8, "LLAVA_THREADS"), 2).run())
        .singleElement()
        .satisfies(
            finding -> assertThat(((Advice) finding).remedy()).contains("LLAVA_THREADS to 2"));
    assertThat(new ThreadsCheck(new ThreadCount(2, "--threads"), 2).run())
        .singleElement()
        .isInstanceOf(Good.class);
  }

  @Test
  void memoryIsJudgedByWhatModelsTake() {
    assertThat(new MemoryCheck(300L << 20, true, 64L << 20).run())
        .singleElement()
        .isInstanceOf(Fault.class)
        .satisfies(finding -> assertThat(finding.text()).contains("control group"));
    assertThat(new MemoryCheck(2L << 30, false, 1L << 30).run())
        .singleElement()
        .isInstanceOf(Advice.class);
    assertThat(new MemoryCheck(16L << 30, false, 4L << 30).run())
        .singleElement()
        .isInstanceOf(Good.class);
  }

  @Test
  void aDiskWithoutRoomIsNamed() {
    Path missing = folder.resolve("not/yet/there");

    List<Finding> findings =
        new DiskCheck(Map.of("models", new Place(missing, Long.MAX_VALUE))).run();

    assertThat(findings)
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding).isInstanceOf(Advice.class);
          assertThat(finding.text()).contains(missing.toString(), "free");
        });
    assertThat(new DiskCheck(Map.of("models", new Place(missing, 1))).run())
        .singleElement()
        .isInstanceOf(Good.class);
  }

  @Test
  void aLibraryThatCannotBeLoadedIsNamedWithItsCause() {
    Finding finding =
        NativesCheck.loaded(
            "libtorch",
            () -> {
              throw new ExceptionInInitializerError(
                  new UnsatisfiedLinkError("GLIBCXX_3.4.30 not found"));
            });

    assertThat(finding).isInstanceOf(Fault.class);
    assertThat(finding.text()).isEqualTo("libtorch cannot be loaded (GLIBCXX_3.4.30 not found)");
  }

  @Test
  void aProcessorWithoutVectorsIsSlow() {
    Processor processor = new Processor("Atom", List.of());

    assertThat(NativesCheck.instructions(processor, "DEFAULT"))
        .singleElement()
        .isInstanceOf(Advice.class);
    assertThat(NativesCheck.instructions(processor, "AVX2"))
        .singleElement()
        .isInstanceOf(Good.class);
  }

  @Test
  void noGpuIsNoFault() {
    assertThat(new DeviceCheck(folder, 0).run()).singleElement().isInstanceOf(NotRun.class);
  }

  @Test
  void aGpuThatIsNotUsedIsNamedWithItsDriver() throws IOException {
    Path gpu = Files.createDirectories(folder.resolve("proc/driver/nvidia/gpus/0000:01:00.0"));
    Files.writeString(
        folder.resolve("proc/driver/nvidia/version"),
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n");
    Files.writeString(gpu.resolve("information"), "Model: \t\t NVIDIA H100\nIRQ: 5\n");

    assertThat(new DeviceCheck(folder, 0).run())
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding).isInstanceOf(Advice.class);
          assertThat(finding.text()).contains("NVIDIA H100", "550.54.15");
        });
  }

  @Test
  void withoutTheBundledModelNothingIsAsked() {
    assertThat(new ModelCheck(Optional.empty()).run()).singleElement().isInstanceOf(NotRun.class);
    assertThat(new ModelCheck(Optional.of(folder)).run())
        .singleElement()
        .isInstanceOf(NotRun.class);
  }

  @Test
  void theBundledModelAnswers() {
    assertThat(new ModelCheck(Optional.of(Path.of("..").toAbsolutePath().normalize())).run())
        .singleElement()
        .isInstanceOf(Good.class)
        .satisfies(finding -> assertThat(finding.text()).contains("penguin"));
  }

  /// A comparison that lets everything pass would make every kernel right.
  @ParameterizedTest
  @ValueSource(doubles = {1.011, 0.989, Double.NaN, Double.POSITIVE_INFINITY})
  void aWrongNumberIsAFaultWithItsCase(double found) {
    Trial trial = new Trial("a kernel", "use another");
    trial.expect(1.009, 1, 0.01, "before");
    assertThat(trial.finding()).isInstanceOf(Good.class);

    trial.expect(found, 1, 0.01, "13 columns");

    assertThat(trial.finding()).isInstanceOf(Fault.class);
    assertThat(trial.finding().text()).contains("a kernel", "13 columns", "instead of 1.0");
  }
}
