package llava4j.tiny.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llava4j.ChatRequest;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.generate.GenerationOptions;
import llava4j.image.RgbColor;
import llava4j.image.RgbImage;
import llava4j.text.tokenizer.SentencePieceModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model made from nothing is a model that everything of ours opens.
class FreshModelTest {
  private static final int VOCABULARY = 300;

  @TempDir private Path folder;

  @Test
  void answersNonsenseAboutAImage() {
    FreshModel.tiny(vocabulary(), 1).write(folder.resolve("model"));
    try (Llava llava = Llava.load(folder.resolve("model"))) {
      ChatRequest asked =
          ChatRequest.of(
              List.of(RgbImage.filled(112, 80, new RgbColor(200, 30, 30))), "What is this?");
      ChatResponse response =
          llava.answer(
              new ChatRequest(
                  asked.messages(),
                  asked.system(),
                  GenerationOptions.greedy().withMaxNewTokens(5)));
      assertThat(response.answers()).hasSize(1);
      assertThat(llava.model().config().vision().rowsPerView()).isEqualTo(36);
      assertThat(llava.model().config().text().vocab()).isEqualTo(320);
    }
  }

  @Test
  void theSeedDecidesEveryWeight() throws IOException {
    FreshModel.tiny(vocabulary(), 1).write(folder.resolve("one"));
    FreshModel.tiny(vocabulary(), 1).write(folder.resolve("same"));
    FreshModel.tiny(vocabulary(), 2).write(folder.resolve("other"));
    byte[] one = Files.readAllBytes(folder.resolve("one/model.safetensors"));
    assertThat(Files.readAllBytes(folder.resolve("same/model.safetensors"))).isEqualTo(one);
    assertThat(Files.readAllBytes(folder.resolve("other/model.safetensors"))).isNotEqualTo(one);
  }

  private static SentencePieceModel vocabulary() {
    BpeTrainer trainer = new BpeTrainer();
    trainer.add("the cat sat on the mat and that is that, said the rat with the hat", 100);
    return trainer.train(VOCABULARY);
  }
}
