package llava4j.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.model.kernel.KernelFigures.Right;
import llava4j.model.kernel.KernelFigures.Wrong;
import llava4j.model.kernel.MachineKernels.Kept;
import llava4j.model.kernel.MachineKernels.Known;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A measurement is made when it is asked for, kept, and not used where it is of no use.
class MachineKernelsTest {
  private static final Map<String, String> HERE =
      Map.of("processor", "A", "flags", "avx2", "threads", "2", "java", "25", "libtorch", "2.13");

  @TempDir Path folder;
  private int measurements;

  @Test
  void nothingIsMeasuredUnlessItIsAskedFor() {
    assertThat(kernels(folder, HERE).get())
        .isEqualTo(new Known(Optional.empty(), Optional.empty()));
    assertThat(measurements).isZero();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatWasMeasuredIsReadAfterwards() {
    Kept kept = kernels(folder, HERE).measure();
    assertThat(kept.measured()).isEqualTo(measured(1));
    assertThat(kept.file()).isEqualTo(file()).isRegularFile();
    assertThat(kernels(folder, HERE).get())
        .isEqualTo(new Known(Optional.of(measured(1)), Optional.empty()));
    assertThat(kernels(folder, HERE).measure().measured()).isEqualTo(measured(2));
    assertThat(kernels(folder, HERE).get().measured()).contains(measured(2));
  }

  @Test
  void oneProcessKeepsToWhatItFound() throws IOException {
    kernels(folder, HERE).measure();
    MachineKernels process = kernels(folder, HERE);
    Known first = process.get();
    Files.delete(file());
    assertThat(process.get()).isEqualTo(first);
    process.measure();
    assertThat(process.get()).isEqualTo(first);
  }

  @ParameterizedTest
  @CsvSource({
    "processor, B, 'processor: A, here B'",
    "flags, avx2 avx512f, 'flags: avx2, here avx2 avx512f'",
    "java, 26, 'java: 25, here 26'",
    "libtorch, 2.14, 'libtorch: 2.13, here 2.14'"
  })
  void anotherMachineOrVersionIsOfNoUse(String fact, String value, String said) {
    kernels(folder, HERE).measure();
    Map<String, String> other = new LinkedHashMap<>(HERE);
    other.put(fact, value);
    Known known = kernels(folder, other).get();
    assertThat(known.measured()).isEmpty();
    assertThat(known.note().orElseThrow())
        .contains(
            "because " + file() + " is of another machine or version (" + said + ")",
            "llava doctor --measure-kernels");
    kernels(folder, other).measure();
    assertThat(kernels(folder, other).get().note()).isEmpty();
  }

  @Test
  void eachNumberOfThreadsHasAFile() {
    Map<String, String> other = new LinkedHashMap<>(HERE);
    other.put("threads", "1");
    kernels(folder, HERE).measure();
    kernels(folder, other).measure();
    assertThat(kernels(folder, HERE).get().measured()).contains(measured(1));
    assertThat(kernels(folder, other).get().measured()).contains(measured(2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "{\"machine\": 3}", "\u0000\u0001"})
  void aDamagedFileIsOfNoUse(String content) throws IOException {
    Files.writeString(file(), content);
    Known known = kernels(folder, HERE).get();
    assertThat(known.measured()).isEmpty();
    assertThat(known.note().orElseThrow())
        .contains("because " + file() + " is damaged: ")
        .doesNotContain("\n");
    kernels(folder, HERE).measure();
    assertThat(kernels(folder, HERE).get().note()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.25", "-1", "0", "\"fast\"", "1e999", "null"})
  void aTimeThatIsNoneIsDamage(String time) throws IOException {
    kernels(folder, HERE).measure();
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
  void aFolderThatCannotBeWrittenIsSaid() throws IOException {
    Path taken = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> kernels(taken.resolve("llava4j"), HERE).measure())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(taken + "")
        .hasMessageContaining(" cannot be written: ");
    assertThat(kernels(taken.resolve("llava4j"), HERE).get().note()).isEmpty();
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
