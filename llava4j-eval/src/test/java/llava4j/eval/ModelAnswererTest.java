package llava4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.eval.RunSettings.Orientation;
import llava4j.eval.task.Question;
import llava4j.eval.task.QuestionImage;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;
import org.junit.jupiter.api.Test;

/// An image is seen as the published evaluation code sees it, whatever its EXIF data says.
class ModelAnswererTest {
  private static final String ASKED = "What is in the image?";
  private static final int TOKENS = 16;

  @Test
  void imagesAreNotTurned() throws IOException {
    Path image = Golden.path("images/exif_orientation6.jpg");
    byte[] file = Files.readAllBytes(image);
    RgbImage asStored = ImageDecoder.decode(file, "stored", DecodeOptions.reference()).image();
    RgbImage turned = ImageDecoder.decode(file, "turned", DecodeOptions.defaults()).image();
    assertThat(turned.width()).isNotEqualTo(asStored.width());
    Question question =
        new Question(0, "1", List.of(new QuestionImage.InFile(image)), ASKED, "default");
    try (Llava llava = Llava.load(Golden.path("original"))) {
      String expected = answer(llava, asStored);
      assertThat(answer(llava, turned)).isNotEqualTo(expected);
      assertThat(new ModelAnswerer(llava, asked(Orientation.IGNORED)).answer(List.of(question)))
          .containsExactly(expected);
      assertThat(new ModelAnswerer(llava, asked(Orientation.HONOURED)).answer(List.of(question)))
          .containsExactly(answer(llava, turned));
    }
  }

  private static String answer(Llava llava, RgbImage image) {
    return llava
        .answer(
            ChatRequest.of(List.of(image), ASKED)
                .withOptions(GenerationOptions.greedy().withMaxNewTokens(TOKENS)))
        .text()
        .strip();
  }

  private static RunSettings.Asked asked(Orientation orientation) {
    return new RunSettings.Asked(
        "model", "m", "VICUNA_V1", "pad", orientation, null, "auto", TOKENS);
  }
}
