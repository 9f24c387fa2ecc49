package llava4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `llava serve --open`.
class BrowserTest {
  private static final String ADDRESS = "http://127.0.0.1:8080";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"Linux, xdg-open", "Mac OS X, open", "FreeBSD, xdg-open"})
  void eachSystemHasItsProgram(String system, String program) {
    List<String> started = new ArrayList<>();
    StringWriter err = new StringWriter();
    new Browser(system, started::addAll).open(ADDRESS, new PrintWriter(err));

    assertThat(started).containsExactly(program, ADDRESS);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void withoutABrowserTheAddressIsSaid() {
    StringWriter err = new StringWriter();
    Browser browser =
        new Browser(
            "Linux",
            _ -> {
              throw new IOException("No such file or directory");
            });
    browser.open(ADDRESS, new PrintWriter(err, true));

    assertThat(err.toString().strip())
        .isEqualTo("llava: there is no browser here; open " + ADDRESS + " in one");
  }

  /// A script stands for the desktop's program.
  @Test
  @EnabledOnOs(OS.LINUX)
  void openOpensThePageOfTheServer() throws Exception {
    Path opened = folder.resolve("opened");
    Path script =
        Files.writeString(folder.resolve("xdg-open"), "#!/bin/sh\necho \"$@\" >" + opened);
    assertThat(script.toFile().setExecutable(true)).isTrue();
    String path = folder + ":" + System.getenv("PATH");
    try (ServerProcess server =
        new ServerProcess(
            folder.resolve("err"),
            List.of(Golden.path("original").toString(), "--open"),
            Map.of("PATH", path))) {
      String address = server.at("").toString();
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!Files.exists(opened) || Files.size(opened) == 0) {
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.sleep(10);
      }

      assertThat(opened).hasContent(address);
      assertThat(server.get("/")).contains("<html");
    }
  }
}
