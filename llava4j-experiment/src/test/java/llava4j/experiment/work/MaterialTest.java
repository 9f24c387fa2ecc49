package llava4j.experiment.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.error.BadInputException;
import llava4j.experiment.catalogue.Catalogue;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Scale;
import llava4j.experiment.miniature.Miniature;
import llava4j.train.config.TrainConfig.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaterialTest {
  @TempDir private Path folder;

  @Test
  void theArmWithoutLettersHasNone() throws IOException {
    Path data = folder.resolve("data");
    Miniature.write(data);
    assertThat(Files.readString(data.resolve("lessons.json"))).contains(FormatPrompt.LETTER);
    Material material = new Material(new Workplace(folder.resolve("out"), data, Scale.SMOKE));
    Experiment prompts = Catalogue.of(ExperimentName.FORMAT_PROMPT, Scale.SMOKE, Precision.FP32);
    assertThat(text(material, prompts, "with prompts")).contains(FormatPrompt.LETTER, "lessons-");
    assertThat(text(material, prompts, "no letters in stage 2"))
        .contains(FormatPrompt.SHORT, "lessons-")
        .doesNotContain(FormatPrompt.LETTER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"stage\"", "null", "{}"})
  void aDamagedModelIsOneSentence(String text) throws IOException {
    Path out = folder.resolve("out");
    Files.createDirectories(out.resolve("models").resolve("abc"));
    Files.writeString(out.resolve("models").resolve("abc").resolve(Made.FILE), text);
    Workplace workplace = new Workplace(out, folder.resolve("data"), Scale.SMOKE);
    Costs costs = new Costs(workplace, new Material(workplace));
    Experiment prompts = Catalogue.of(ExperimentName.FORMAT_PROMPT, Scale.SMOKE, Precision.FP32);
    Model.Trained stage = (Model.Trained) prompts.arms().getFirst().model();
    assertThatThrownBy(() -> costs.of(stage))
        .isInstanceOf(BadInputException.class)
        .hasMessageEndingWith(
            "made.json is damaged; delete its folder, so that the model is made again");
  }

  private static String text(Material material, Experiment experiment, String arm)
      throws IOException {
    Model.Trained model = (Model.Trained) experiment.arm(arm).model();
    return Files.readString(material.file(model.data()));
  }
}
