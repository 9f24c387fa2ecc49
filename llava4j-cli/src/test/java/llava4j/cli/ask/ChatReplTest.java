package llava4j.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.Llava;
import llava4j.cli.option.ImageOptions;
import llava4j.error.BadInputException;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Lines of a chat.
class ChatReplTest {
  private final String image = Golden.path("images/photo_420.jpg").toString();
  private final StringWriter out = new StringWriter();

  @TempDir private Path folder;

  @Command
  static final class Options {
    @Mixin private ImageOptions images;
  }

  /// A command is one although its argument is an image that exists; a path alone is an image.
  @Test
  void commandsAreToldFromImagesThatAreDraggedIn() throws Exception {
    Options options = new Options();
    new CommandLine(options).parseArgs();
    Path saved = folder.resolve("talk.png");
    Files.copy(Path.of(image), saved);
    try (Llava llava = Llava.load(Golden.path("original"))) {
      ChatRepl repl =
          new ChatRepl(
              llava, options.images, GenerationOptions.greedy(), new PrintWriter(out, true));
      repl.accept("/image " + image);
      assertThat(out.toString().strip())
          .startsWith("(" + image)
          .endsWith("pixels)")
          .hasLineCount(1);
      repl.accept("/reset");
      out.getBuffer().setLength(0);
      repl.accept(image);
      assertThat(out.toString().strip())
          .startsWith("(" + image)
          .endsWith("pixels)")
          .hasLineCount(1);
      repl.accept("/reset");
      repl.accept("/save " + saved);
      assertThat(Files.readAllBytes(saved)).isNotEqualTo(Files.readAllBytes(Path.of(image)));
      assertThatThrownBy(() -> repl.accept("/unheard " + folder))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("/unheard");
      repl.accept("/exit");
      assertThat(repl.isOver()).isTrue();
    }
  }
}
