package llava4j.experiment.catalogue;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import llava4j.config.ProjectorConfig;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Scale;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.Selection.Part;
import llava4j.experiment.design.View;
import llava4j.tiny.train.EarlyStages;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Batching;
import llava4j.train.config.TrainConfig.LossAverage;
import llava4j.train.config.TrainConfig.Optimization;
import llava4j.train.config.TrainConfig.Order;
import llava4j.train.config.TrainConfig.Precision;
import llava4j.train.optim.LearningRateSchedule;

/// Models from random weights on the small mixture: a shared young base (language model and vision
/// tower after a short stage 0), then the paper's two stages.
///
/// @param sizes of models, data and runs
record SmallKit(Scale scale, Sizes sizes, Precision precision) implements Kit {
  private static final long BASE_SEED = 42;
  private static final int MAX_LENGTH = 512;
  private static final int LOSS_ROWS = 1024;
  private static final double TOWER_RATE = 3e-4;
  private static final double CONNECTOR_RATE = 1e-4; // the tower's stage has trained it already
  private static final double NEW_CONNECTOR_RATE = 1e-3;
  private static final double TUNING_RATE = 7e-4;

  /// @param low side of a view in pixels; each is a multiple of 14
  /// @param blocks of vision tower and language model
  /// @param vocabulary pieces
  /// @param newConnector steps of stage 1 for a connector with random weights
  /// @param instructions samples of stage 2 with several questions
  /// @param lessons samples of stage 2 with one question
  record Sizes(
      int low,
      int middle,
      int standard,
      int blocks,
      int vocabulary,
      Steps text,
      Steps tower,
      Steps connector,
      int newConnector,
      int instructions,
      int lessons,
      int texts,
      int batch) {}

  /// Steps of a stage, and samples of each.
  record Steps(int steps, int batch) {}

  /// Arms of one to three minutes on two cores, after eight minutes for the base.
  static SmallKit tiny(Precision precision) {
    return new SmallKit(
        Scale.TINY,
        new Sizes(
            42,
            56,
            84,
            4,
            4096,
            new Steps(60, 64),
            new Steps(2600, 16),
            new Steps(30, 32),
            120,
            2400,
            2400,
            800,
            16),
        precision);
  }

  /// Arms of seconds, which learn nothing.
  static SmallKit smoke() {
    return new SmallKit(
        Scale.SMOKE,
        new Sizes(
            28, 42, 56, 1, 420, new Steps(1, 4), new Steps(1, 4), new Steps(1, 4), 1, 8, 8, 4, 8),
        Precision.FP32);
  }

  int side(Sight sight) {
    return switch (sight) {
      case LOW -> sizes.low();
      case MIDDLE -> sizes.middle();
      case STANDARD -> sizes.standard();
    };
  }

  @Override
  public Model base(Sight sight) {
    return withTower(language(side(sight), sizes.blocks(), Selection.all(Part.TEXTS)));
  }

  @Override
  public Model largerBase() {
    return withOtherLanguage(sizes.blocks() + 2, Selection.all(Part.TEXTS));
  }

  /// A language model of its own behind the base's vision tower.
  Model withOtherLanguage(int blocks, Selection texts) {
    return new Model.Joined(base(Sight.STANDARD), language(sizes.standard(), blocks, texts));
  }

  /// A language model that has read nothing, behind the base's vision tower.
  Model withoutTexts() {
    return new Model.Joined(base(Sight.STANDARD), fresh(sizes.standard(), sizes.blocks()));
  }

  private Model fresh(int side, int textBlocks) {
    return new Model.Fresh(side, sizes.blocks(), textBlocks, sizes.vocabulary(), BASE_SEED);
  }

  private Model language(int side, int blocks, Selection texts) {
    TrainConfig config =
        changed(
            EarlyStages.tinyText(),
            sizes.text(),
            EarlyStages.tinyText().optimization(),
            Order.LENGTH_BUCKETS);
    return stage(fresh(side, blocks), config, texts, false);
  }

  private Model withTower(Model language) {
    Optimization preset = EarlyStages.tinyTower().optimization();
    TrainConfig config =
        changed(EarlyStages.tinyTower(), sizes.tower(), rate(preset, TOWER_RATE), Order.SHUFFLED);
    return stage(language, config, Selection.all(Part.PAIRS), false);
  }

  @Override
  public Model connected(Model base) {
    return connected(base, sizes.connector(), CONNECTOR_RATE, Optional.empty());
  }

  @Override
  public Model connected(Model base, ProjectorConfig connector) {
    return connected(
        base,
        new Steps(sizes.newConnector(), sizes.connector().batch()),
        NEW_CONNECTOR_RATE,
        Optional.of(connector));
  }

  private Model connected(
      Model base, Steps steps, double rate, Optional<ProjectorConfig> connector) {
    TrainConfig preset = Presets.tinyPretrain();
    TrainConfig config = changed(preset, steps, rate(preset.optimization(), rate), Order.SHUFFLED);
    return new Model.Trained(
        base, config, Selection.all(Part.CAPTIONS), connector, View.ONE, true, false);
  }

  @Override
  public Model tuned(Model connected, Selection data, Tuning tuning) {
    TrainConfig preset = Presets.tinyFinetune();
    Batching batching =
        new Batching(
            sizes.batch(),
            sizes.batch(),
            tuning.epochs(),
            OptionalLong.empty(),
            LossAverage.TOKENS,
            LOSS_ROWS);
    TrainConfig config =
        Changes.of(preset)
            .batching(batching)
            .optimization(rate(preset.optimization(), TUNING_RATE))
            .order(tuning.order())
            .maxLength(MAX_LENGTH)
            .fast(precision)
            .config();
    return new Model.Trained(
        connected, config, data, Optional.empty(), tuning.view(), true, tuning.timed());
  }

  /// One of several runs in a row, at a constant rate, each on its own part of the mixture.
  Model leg(Model before, int steps, Filter.Slice part) {
    TrainConfig preset = Presets.tinyFinetune();
    Optimization optimization =
        Changes.scheduled(rate(preset.optimization(), TUNING_RATE), LearningRateSchedule.CONSTANT);
    TrainConfig config =
        changed(preset, new Steps(steps, sizes.batch()), optimization, Order.LENGTH_BUCKETS);
    return new Model.Trained(
        before, config, mixture().with(part), Optional.empty(), View.ONE, true, true);
  }

  @Override
  public Tuning tuning() {
    return new Tuning(View.ONE, Order.LENGTH_BUCKETS, 1, false);
  }

  @Override
  public Selection mixture() {
    return Selection.first(Part.INSTRUCTIONS, sizes.instructions())
        .and(Part.LESSONS, sizes.lessons());
  }

  @Override
  public Measure overall() {
    return Measure.RIGHT;
  }

  @Override
  public Measure presence() {
    return Measure.YES_NO;
  }

  private Model stage(Model parent, TrainConfig config, Selection data, boolean seeded) {
    return new Model.Trained(parent, config, data, Optional.empty(), View.ONE, seeded, false);
  }

  private TrainConfig changed(
      TrainConfig preset, Steps steps, Optimization optimization, Order order) {
    Batching batching =
        new Batching(
            steps.batch(),
            steps.batch(),
            1,
            OptionalLong.of(steps.steps()),
            LossAverage.TOKENS,
            LOSS_ROWS);
    return Changes.of(preset)
        .batching(batching)
        .optimization(optimization)
        .order(order)
        .maxLength(MAX_LENGTH)
        .fast(precision)
        .config();
  }

  private static Optimization rate(Optimization preset, double rate) {
    return Changes.rated(preset, rate, OptionalDouble.empty());
  }
}
