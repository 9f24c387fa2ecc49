package llava4j.checkpoint.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import llava4j.checkpoint.gguf.GgmlType;
import llava4j.checkpoint.gguf.GgufWeights;
import llava4j.checkpoint.gguf.GgufWriter;
import llava4j.checkpoint.gguf.WriteProgress;
import llava4j.checkpoint.safetensors.SafetensorsFile;
import llava4j.checkpoint.torch.TorchZipFile;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that something cuts off or writes to while they are mapped.
class ChangedFileTest {
  @TempDir Path folder;

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @ParameterizedTest
  @ValueSource(strings = {"safetensors", "bin", "gguf"})
  void aFileThatIsCutOffIsNamed(String ending) throws IOException {
    Path file = file(ending);
    try (WeightSource source = open(file);
        Scope _ = new Scope()) {
      String name = source.tensors().firstEntry().getKey();
      source.load(name);
      cutOff(file);
      assertChanged(file, () -> source.load(name));
      assertChanged(file, () -> source.release(name));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"safetensors", "bin", "gguf"})
  void aFileThatIsWrittenToIsNamed(String ending) throws IOException {
    Path file = file(ending);
    try (WeightSource source = open(file);
        Scope _ = new Scope()) {
      String name = source.tensors().firstEntry().getKey();
      Files.write(file, new byte[] {1}, StandardOpenOption.WRITE);
      Files.setLastModifiedTime(file, FileTime.fromMillis(1));
      assertChanged(file, () -> source.load(name));
    }
  }

  /// Java throws InternalError for pages that are gone.
  @Test
  void blocksThatAreCutOffWhileTheyAreReadNameTheFile() throws IOException {
    Path file = file("gguf");
    try (WeightSource source = open(file)) {
      BlockMatrix blocks = source.blocks("w").orElseThrow();
      BlockMatrix.Row row = new BlockMatrix.Row(blocks.layout(), blocks.columns());
      blocks.read(0, row);
      cutOff(file);
      assertChanged(file, () -> blocks.read(0, row));
    }
  }

  /// A hub's cache and our own writers do so: what is mapped stays as it was.
  @Test
  void aFileWhoseNameAnotherTookGoesOn() throws IOException {
    Path file = file("safetensors");
    try (WeightSource source = open(file);
        Scope _ = new Scope()) {
      String name = source.tensors().firstEntry().getKey();
      float[] before = Tensors.toFloats(source.load(name));
      Path other = Files.writeString(folder.resolve("other"), "another");
      Files.move(other, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      assertThat(Tensors.toFloats(source.load(name))).isEqualTo(before);
      Files.delete(file);
      assertThat(Tensors.toFloats(source.load(name))).isEqualTo(before);
    }
  }

  private static void assertChanged(Path file, ThrowingCallable reading) {
    assertThatThrownBy(reading)
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(file + " changed while it was in use; ");
  }

  private Path file(String ending) throws IOException {
    Path file = folder.resolve("weights." + ending);
    if (ending.equals("gguf")) {
      new GgufWriter()
          .addTensor(
              "w", GgmlType.Q4_0, List.of(2L, 32L), () -> Tensors.ofFloats(new float[64], 2, 32))
          .write(file, WriteProgress.silent());
      return file;
    }
    String golden =
        ending.equals("bin") ? "clip_full/pytorch_model.bin" : "training/stage1_final.safetensors";
    return Files.write(file, Files.readAllBytes(Golden.path(golden)));
  }

  private static WeightSource open(Path file) {
    return switch (file.toString().replaceFirst(".*\\.", "")) {
      case "gguf" -> GgufWeights.open(file);
      case "bin" -> TorchZipFile.open(file);
      default -> SafetensorsFile.open(file);
    };
  }

  private static void cutOff(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(0);
    }
  }
}
