package llava4j.experiment.catalogue;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import llava4j.config.ProjectorConfig;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Scale;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.Selection.Part;
import llava4j.experiment.design.View;
import llava4j.train.BaseModel;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Batching;

/// The paper's models, data and hyperparameters.
record PaperKit(Scale scale) implements Kit {
  private static final ProjectorConfig MLP = new ProjectorConfig.Mlp(2);
  private static final double LINEAR_RATE = 2e-3; // of the first LLaVA's stage 1
  private static final int LINEAR_BATCH = 128;

  /// A language model of the paper's section 4.4.
  enum Vicuna {
    V1_1("lmsys/vicuna-%s-v1.1"),
    V1_3("lmsys/vicuna-%s-v1.3"),
    V1_5("lmsys/vicuna-%s-v1.5"),
    LLAMA_2_CHAT("meta-llama/Llama-2-%s-chat-hf");

    private final String pattern;

    Vicuna(String pattern) {
      this.pattern = pattern;
    }

    String of(Scale scale) {
      return String.format(java.util.Locale.ROOT, pattern, scale.word());
    }
  }

  @Override
  public Model base(Sight sight) {
    return base(sight, scale, Vicuna.V1_5);
  }

  @Override
  public Model largerBase() {
    return base(Sight.STANDARD, Scale.THIRTEEN_B, Vicuna.V1_5);
  }

  Model base(Sight sight, Scale size, Vicuna language) {
    String tower = sight == Sight.STANDARD ? BaseModel.CLIP_LARGE_336 : BaseModel.CLIP_LARGE_224;
    return new Model.Published(language.of(size), tower, MLP);
  }

  @Override
  public Model connected(Model base) {
    return connected(base, MLP);
  }

  @Override
  public Model connected(Model base, ProjectorConfig connector) {
    Model.Published published = (Model.Published) base;
    Model from = new Model.Published(published.languageModel(), published.tower(), connector);
    TrainConfig config = Presets.named("pretrain" + size(published));
    if (connector instanceof ProjectorConfig.Linear) {
      Batching plain = config.batching();
      config =
          Changes.of(config)
              .batching(
                  new Batching(
                      LINEAR_BATCH,
                      plain.deviceBatch(),
                      plain.epochs(),
                      OptionalLong.empty(),
                      plain.lossAverage(),
                      plain.lossRows()))
              .optimization(
                  Changes.rated(config.optimization(), LINEAR_RATE, OptionalDouble.empty()))
              .config();
    }
    return new Model.Trained(
        from, config, Selection.all(Part.PRETRAIN_558K), Optional.empty(), View.ONE, true, false);
  }

  @Override
  public Model tuned(Model connected, Selection data, Tuning tuning) {
    Model.Published base = (Model.Published) ((Model.Trained) connected).parent();
    String preset = tuning.view() == View.ONE ? "finetune" : "finetuneHd";
    TrainConfig config = Presets.named(preset + size(base));
    Batching plain = config.batching();
    config =
        Changes.of(config)
            .order(tuning.order())
            .batching(
                new Batching(
                    plain.globalBatch(),
                    plain.deviceBatch(),
                    tuning.epochs(),
                    OptionalLong.empty(),
                    plain.lossAverage(),
                    plain.lossRows()))
            .config();
    return new Model.Trained(
        connected, config, data, Optional.empty(), tuning.view(), true, tuning.timed());
  }

  private static String size(Model.Published base) {
    return base.languageModel().contains("13b") ? "13b" : "7b";
  }

  @Override
  public Tuning tuning() {
    return new Tuning(View.ONE, TrainConfig.Order.MODALITY_GROUPED, 1, false);
  }

  @Override
  public Selection mixture() {
    return Selection.all(Part.MIX_665K);
  }

  @Override
  public Measure overall() {
    return Measure.GQA;
  }

  @Override
  public Measure presence() {
    return Measure.POPE;
  }
}
