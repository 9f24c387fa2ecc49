package llava4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.cli.option.PackageFolder;
import llava4j.data.fetch.PackageClient;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LlamaFilesTest {
  @TempDir private Path folder;

  @Test
  void namesMayHoldAVersion() throws IOException {
    for (String name :
        new String[] {
          "libllama.v0.5.0.so",
          "libllama-common.so",
          "libggml.so",
          "libggml-base.so",
          "libggml-cpu-zen4.so"
        }) {
      Files.createFile(folder.resolve(name));
    }
    LlamaFiles files = LlamaFiles.in(folder);
    assertThat(files.llama()).hasFileName("libllama.v0.5.0.so");
    assertThat(files.ggml()).hasFileName("libggml.so");
    assertThat(files.ggmlBase()).hasFileName("libggml-base.so");
  }

  @Test
  void whatIsMissingIsNamed() {
    refused(() -> LlamaFiles.in(folder.resolve("none")), "no folder", "--llama-cpp");
    refused(() -> LlamaFiles.in(folder), "holds no libllama.so", "--llama-cpp");
  }

  @Test
  void otherSystemsAreRefused() {
    refused(() -> LlamaFiles.requireLinuxX64("Mac OS X", "aarch64"), "Mac OS X", "--llama-cpp");
    assertThatCode(() -> LlamaFiles.requireLinuxX64("Linux", "amd64")).doesNotThrowAnyException();
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void anotherPackageThanThePinnedIsRefused() {
    PackageClient other =
        (wanted, target) -> {
          assertThat(wanted.toString()).isEqualTo("@node-llama-cpp/linux-x64 3.22.1");
          try {
            Files.writeString(target.resolve("node-llama-cpp-linux-x64-3.22.1.tgz"), "other");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    refused(() -> LlamaFiles.downloaded(folder, other, _ -> {}), "SHA-256", "0d953e15");
  }

  @Test
  void theCacheFollowsTheEnvironment() {
    assertThat(PackageFolder.of(null)).endsWithRaw(Path.of(".cache", "llava4j", "packages"));
    assertThat(PackageFolder.of("/c")).isEqualTo(Path.of("/c/llava4j/packages"));
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... words) {
    assertThatThrownBy(call)
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(words)
        .message()
        .hasLineCount(1);
  }
}
