package llava4j.model.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.golden.Golden;
import llava4j.io.OwnVersion;
import llava4j.model.cache.KvFormat;
import llava4j.model.linear.PrefillMode;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models that compute other numbers have another identity.
class ModelIdentityTest {
  @TempDir Path folder;

  @Test
  void theSameModelStaysTheSame() {
    String once = identity(Golden.path("hf_gqa"), false, PrefillMode.AUTO);
    assertThat(identity(Golden.path("hf_gqa"), false, PrefillMode.AUTO)).isEqualTo(once);
    assertThat(once.lines()).contains(OwnVersion.read());
    assertThat(OwnVersion.read()).matches("\\d+\\.\\d+.*");
    assertThat(identity(Golden.path("original"), false, PrefillMode.AUTO)).isNotEqualTo(once);
    assertThat(identity(Golden.path("hf_gqa"), false, PrefillMode.EXACT)).isNotEqualTo(once);
  }

  @Test
  void filesOfAnAdapterCount() throws IOException {
    Path adapter = copy(Golden.path("lora"), folder.resolve("lora"));
    String first = identity(adapter, true, PrefillMode.AUTO);
    Path settings = adapter.resolve("adapter_config.json");
    Files.setLastModifiedTime(settings, FileTime.fromMillis(1_000_000));
    String second = identity(adapter, true, PrefillMode.AUTO);
    assertThat(second).isNotEqualTo(first);
    try (Stream<Path> files = Files.list(adapter)) {
      Path weights =
          files
              .filter(file -> file.getFileName().toString().startsWith("adapter_model"))
              .findFirst()
              .orElseThrow();
      Files.setLastModifiedTime(weights, FileTime.fromMillis(1_000_000));
    }
    assertThat(identity(adapter, true, PrefillMode.AUTO)).isNotEqualTo(second);
    assertThat(identity(adapter, false, PrefillMode.AUTO)).contains("adapter_model");
  }

  @Test
  void howImagesArePreparedCounts() throws IOException {
    Path model = copy(Golden.path("hf_gqa"), folder.resolve("model"));
    String before = identity(model, false, PrefillMode.AUTO);
    Path settings = model.resolve("preprocessor_config.json");
    String text = Files.readString(settings);
    String other = text.replaceFirst("0\\.48\\d*", "0.5");
    assertThat(other).isNotEqualTo(text);
    Files.writeString(settings, other);
    assertThat(identity(model, false, PrefillMode.AUTO)).isNotEqualTo(before);
  }

  @Test
  void whatKeysAndValuesAreKeptInCounts() {
    try (Checkpoint checkpoint =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("hf_gqa"))) {
      assertThat(
              Stream.of(KvFormat.values())
                  .map(format ->
                      ModelIdentity.of(
                          checkpoint,
                          new Device.Cpu(),
                          WeightFormat.AUTO,
                          PrefillMode.AUTO,
                          format)))
          .doesNotHaveDuplicates();
    }
  }

  private static String identity(Path model, boolean merge, PrefillMode prefill) {
    CheckpointOptions options =
        new CheckpointOptions(
            merge || model.endsWith("lora")
                ? Optional.of(Golden.path("original").toString())
                : Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            merge,
            CheckpointOptions.none().hub());
    try (Checkpoint checkpoint = new CheckpointOpener(options).open(model)) {
      return ModelIdentity.of(
          checkpoint, new Device.Cpu(), WeightFormat.AUTO, prefill, KvFormat.AUTO);
    }
  }

  private static Path copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }
}
