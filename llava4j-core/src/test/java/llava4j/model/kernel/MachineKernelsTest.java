package llava4j.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.model.kernel.KernelFigures.Right;
import llava4j.model.kernel.KernelFigures.Wrong;
import llava4j.model.kernel.MachineKernels.Known;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A measurement is kept, and made anew where the kept one is of no use.
class MachineKernelsTest {
  private static final Map<String, String> HERE =
      Map.of("processor", "A", "flags", "avx2", "threads", "2", "java", "25", "libtorch", "2.13");

  @TempDir Path folder;
  private int measurements;

  @Test
  void itIsMeasuredOnceAndReadAfterwards() throws IOException {
    Known first = kernels(folder, HERE).get();
    assertThat(first.note().orElseThrow())
        .startsWith("measured the kernels for quantised weights in ")
        .endsWith("; llava info shows them");
    Known again = kernels(folder, HERE).get();
    assertThat(measurements).isOne();
    assertThat(again.note()).isEmpty();
    assertThat(again.measured()).isEqualTo(first.measured()).isEqualTo(measured(1));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactly("kernels-2-threads.json");
    }
  }

  @Test
  void oneProcessKeepsToWhatItFound() throws IOException {
    MachineKernels process = kernels(folder, HERE);
    Known first = process.get();
    Files.delete(file());
    assertThat(process.get()).isEqualTo(first);
    assertThat(measurements).isOne();
  }

  @ParameterizedTest
  @CsvSource({
    "processor, B, 'processor: A, here B'",
    "flags, avx2 avx512f, 'flags: avx2, here avx2 avx512f'",
    "java, 26, 'java: 25, here 26'",
    "libtorch, 2.14, 'libtorch: 2.13, here 2.14'"
  })
  void anotherMachineOrVersionIsMeasuredAnew(String fact, String value, String said) {
    kernels(folder, HERE).get();
    Map<String, String> other = new LinkedHashMap<>(HERE);
    other.put(fact, value);
    assertThat(kernels(folder, other).get().note().orElseThrow())
        .contains("because " + file() + " is of another machine or version (" + said + ")");
    assertThat(measurements).isEqualTo(2);
    assertThat(kernels(folder, other).get().note()).isEmpty();
  }

  @Test
  void eachNumberOfThreadsHasAFile() {
    Map<String, String> other = new LinkedHashMap<>(HERE);
    other.put("threads", "1");
    kernels(folder, HERE).get();
    kernels(folder, other).get();
    assertThat(kernels(folder, HERE).get().note()).isEmpty();
    assertThat(kernels(folder, other).get().note()).isEmpty();
    assertThat(measurements).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "{\"machine\": 3}", "\u0000\u0001"})
  void aDamagedFileIsMadeAnew(String content) throws IOException {
    Files.writeString(file(), content);
    assertThat(kernels(folder, HERE).get().note().orElseThrow())
        .contains("because " + file() + " is damaged: ");
    assertThat(kernels(folder, HERE).get().note()).isEmpty();
    assertThat(measurements).isOne();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.25", "-1", "0", "\"fast\"", "1e999", "null"})
  void aTimeThatIsNoneIsDamage(String time) throws IOException {
    kernels(folder, HERE).get();
    String whole = Files.readString(file());
    assertThat(whole).contains("\"8\" : 0.5");
    Files.writeString(file(), whole.replace("\"8\" : 0.5", "\"8\" : " + time));
    Optional<String> note = kernels(folder, HERE).get().note();
    if (time.equals("0.25")) {
      assertThat(note).isEmpty();
    } else {
      assertThat(note.orElseThrow()).contains("is damaged: a time is missing");
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsNoError() throws IOException {
    Path taken = Files.writeString(folder.resolve("file"), "");
    for (int start = 1; start <= 2; start++) {
      Known known = kernels(taken.resolve("llava4j"), HERE).get();
      assertThat(known.measured()).isEqualTo(measured(start));
      assertThat(known.note().orElseThrow())
          .contains("; they will be measured again, since " + taken, " cannot be written: ")
          .doesNotContain("\n");
    }
    assertThat(measurements).isEqualTo(2);
  }

  private Path file() {
    return folder.resolve("kernels-2-threads.json");
  }

  private MachineKernels kernels(Path place, Map<String, String> facts) {
    return new MachineKernels(place, () -> new Machine(facts), () -> measured(++measurements));
  }

  private static MeasuredKernels measured(int one) {
    KernelFigures figures =
        KernelFiguresTest.of(
            KernelFiguresTest.few(one, 0.5, 3),
            BlockKernel.available().contains(BlockKernel.PANELS)
                ? KernelFiguresTest.few(2, 0.5, 4)
                : new Wrong("absent"),
            Map.of(PrefillMode.EXACT, new Right(Map.of(256, 5.0))));
    KernelFigures wrong =
        KernelFiguresTest.of(
            new Wrong("random rows x 1: 3 instead of 4"),
            KernelFiguresTest.few(1, 2, 3),
            Map.of(PrefillMode.BF16, new Wrong("NaN")));
    assertThat(List.of(figures, wrong)).doesNotHaveDuplicates();
    return new MeasuredKernels(figures, wrong);
  }
}
