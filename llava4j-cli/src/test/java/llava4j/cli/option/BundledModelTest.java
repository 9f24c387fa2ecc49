package llava4j.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.generate.GenerationOptions;
import llava4j.image.decode.ImageDecoder;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The model in the repository and the images to try it on.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BundledModelTest {
  private static final Path CHECKOUT = Path.of("").toAbsolutePath().getParent();
  private static final Path MODEL = CHECKOUT.resolve("models/llava-tiny");
  private static final Path IMAGES = CHECKOUT.resolve("examples/images");
  private static final long MOST_BYTES = 24L << 20;

  private Llava llava;

  @BeforeAll
  void load() {
    NativeRuntime.prepare();
    llava = Llava.load(MODEL);
  }

  @AfterAll
  void close() {
    llava.close();
  }

  @Test
  void namesWhatItsImagesShow() throws IOException {
    for (String name : List.of("penguin", "elephant", "hamburger", "bicycle", "pizza", "moon")) {
      assertThat(answer(name, "What is in this image?").toLowerCase(Locale.ROOT)).contains(name);
    }
  }

  @Test
  void obeysTheFormatPrompts() throws IOException {
    assertThat(
            answer(
                "penguin",
                "What is in this image?\nAnswer the question using a single word or phrase."))
        .isEqualToIgnoringCase("penguin");
    assertThat(answer("penguin", "Answer in JSON with the keys object and background."))
        .matches("\\{\"object\": \"\\w+\", \"background\": \"\\w+\"}");
  }

  @Test
  void itsFolderIsSmall() throws IOException {
    try (var files = Files.walk(MODEL)) {
      assertThat(files.mapToLong(file -> file.toFile().length()).sum()).isLessThan(MOST_BYTES);
    }
  }

  private String answer(String image, String question) throws IOException {
    byte[] file = Files.readAllBytes(IMAGES.resolve(image + ".png"));
    ChatRequest asked = ChatRequest.of(List.of(ImageDecoder.decode(file, image).image()), question);
    return llava
        .answer(
            new ChatRequest(
                asked.messages(), asked.system(), GenerationOptions.greedy().withMaxNewTokens(32)))
        .text();
  }
}
