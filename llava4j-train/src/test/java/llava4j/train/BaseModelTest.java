package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.error.BadInputException;
import llava4j.generate.GenerationOptions;
import llava4j.image.ImageMode;
import llava4j.image.RgbColor;
import llava4j.image.RgbImage;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.export.TrainedExport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Requirements on base models, and how they are adapted to a run.
class BaseModelTest {
  @TempDir private Path folder;

  @Test
  void aPresetsLengthIsLoweredToTheModelsPositionsAndAskedForOnesAreNot() {
    MiniatureBase base = MiniatureBase.write(folder, true);
    for (String name : Presets.all().keySet()) {
      TrainConfig preset = Presets.named(name);
      try (BaseModel.Opened opened =
          base.baseModel().open(preset, BaseModel.MaxLength.AT_MOST_POSITIONS)) {
        assertThat(opened.config().data().maxLength()).isEqualTo(MiniatureBase.POSITIONS);
        assertThat(new ConfigFile().differences(preset, opened.config())).hasSize(1);
        assertThat(opened.notes()).hasSize(1);
        assertThat(opened.notes().getFirst())
            .contains("lowered from the preset's " + preset.data().maxLength() + " to 512");
      }
      assertThatThrownBy(() -> base.baseModel().open(preset, BaseModel.MaxLength.AS_GIVEN))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("512 positions; lower maxLength");
    }
    TrainConfig fits = new ConfigFile().with(Presets.tinyLora(), List.of("maxLength=512"));
    try (BaseModel.Opened opened =
        base.baseModel().open(fits, BaseModel.MaxLength.AT_MOST_POSITIONS)) {
      assertThat(opened.config()).isEqualTo(fits);
      assertThat(opened.notes()).isEmpty();
    }
  }

  @Test
  void aBaseWithTokensAroundImagesIsRefused() {
    MiniatureBase base = MiniatureBase.write(folder, true);
    try (Checkpoint plain = base.open(PresetRuns.cut(Presets.named("finetune7b")))) {
      BaseModel.rejectImageMarkers(plain);
      Checkpoint marked = plain.withPrompts(plain.prompts().withMarkedImages(true));
      assertThatThrownBy(() -> BaseModel.rejectImageMarkers(marked))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("mm_use_im_start_end to false");
    }
  }

  /// A LLaVA-1.6 becomes a LLaVA-1.5, which is reported, or a LLaVA-1.5-HD, which keeps its
  /// image_newline.
  @ParameterizedTest
  @CsvSource({
    "finetune7b, without its image_newline",
    "pretrain7b, without its image_newline",
    "lora7b, without its image_newline",
    "finetuneHd7b, as a LLaVA-1.5-HD"
  })
  void aBaseWithTilesIsTrainedAndWrittenAsTheRunHasImages(String preset, String said) {
    MiniatureBase base = MiniatureBase.writeWithTiles(folder);
    TrainConfig config = PresetRuns.cut(Presets.named(preset));
    Path out = folder.resolve("out");
    try (BaseModel.Opened opened = base.baseModel().open(config, BaseModel.MaxLength.AS_GIVEN)) {
      assertThat(opened.notes()).hasSize(1);
      assertThat(opened.notes().getFirst()).contains("LLaVA-1.6", said);
      TrainJob job = MiniatureBase.job(config, opened.checkpoint(), out, new SingleProcess());
      assertThat(new Trainer(job, new TrainingListener() {}, () -> false).run().finished())
          .isTrue();
    }
    assertThat(out.resolve(TrainedExport.HUGGING_FACE_ADAPTER)).doesNotExist(); // would have tiles
    boolean full = config.stage() == TrainConfig.Stage.FULL;
    LoadOptions options =
        config.stage() == TrainConfig.Stage.CONNECTOR
            ? LoadOptions.defaults()
                .withCheckpoint(CheckpointOptions.none().withBase(base.folder().toString()))
            : LoadOptions.defaults();
    try (Llava llava = Llava.load((full ? out.resolve("original") : out).toString(), options)) {
      assertThat(llava.model().config().imageMode())
          .isInstanceOf(
              switch (config.data().images()) {
                case HD -> ImageMode.Hd.class;
                case PAD -> ImageMode.Pad.class;
                case SQUARE -> ImageMode.Square.class;
              });
      ChatRequest request =
          ChatRequest.of(List.of(RgbImage.filled(90, 30, new RgbColor(9, 9, 200))), "What is this?")
              .withOptions(GenerationOptions.greedy().withMaxNewTokens(3));
      assertThat(llava.answer(request).answers()).hasSize(1);
    }
  }
}
