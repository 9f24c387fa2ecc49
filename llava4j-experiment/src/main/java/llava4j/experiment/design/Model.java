package llava4j.experiment.design;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.config.ProjectorConfig;
import llava4j.io.Sha256;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.TrainConfig;

/// How a model comes about. Two models with the same description are the same model, so that arms
/// share what they have in common.
public sealed interface Model {
  int KEY_LENGTH = 16;

  /// A small model with random weights and a vocabulary of the mixture's words.
  ///
  /// @param imageSide pixels, a multiple of 14
  /// @param towerBlocks blocks of the vision tower
  /// @param textBlocks blocks of the language model
  /// @param vocabulary number of pieces
  record Fresh(int imageSide, int towerBlocks, int textBlocks, int vocabulary, long seed)
      implements Model {}

  /// A language model and a vision tower of the Hugging Face Hub, or in folders.
  record Published(String languageModel, String tower, ProjectorConfig projector)
      implements Model {}

  /// A model after one more stage of training.
  ///
  /// @param newProjector replaces the parent's projector before the stage; empty keeps it
  /// @param seeded whether the stage is run anew for each seed of an experiment
  /// @param timed whether its time is a figure, so that no cache may make it faster
  record Trained(
      Model parent,
      TrainConfig config,
      Selection data,
      Optional<ProjectorConfig> newProjector,
      View view,
      boolean seeded,
      boolean timed)
      implements Model {}

  /// The vision tower of one model and the language model of another, with the second's projector.
  record Joined(Model tower, Model language) implements Model {}

  /// Everything that the weights depend on, except the data files' contents.
  default String description() {
    return switch (this) {
      case Fresh fresh -> fresh.toString();
      case Published published -> published.toString();
      case Joined joined -> "joined " + joined.tower().key() + " " + joined.language().key();
      case Trained trained ->
          String.join(
              "\n",
              trained.parent().key(),
              new ConfigFile().describe(trained.config()),
              trained.data().description(),
              trained.newProjector().map(ProjectorConfig::toString).orElse("kept"),
              trained.view().name(),
              trained.timed() ? "timed" : "not timed");
    };
  }

  /// A hash of the description: the name of the model's folder.
  default String key() {
    return Sha256.of(description()).substring(0, KEY_LENGTH);
  }

  /// The model of one seed: stages that are run anew for each seed get it.
  default Model seeded(long seed) {
    return switch (this) {
      case Fresh fresh -> fresh;
      case Published published -> published;
      case Joined joined -> new Joined(joined.tower().seeded(seed), joined.language().seeded(seed));
      case Trained trained ->
          new Trained(
              trained.parent().seeded(seed),
              trained.seeded()
                  ? new ConfigFile().with(trained.config(), List.of("execution.seed=" + seed))
                  : trained.config(),
              trained.data(),
              trained.newProjector(),
              trained.view(),
              trained.seeded(),
              trained.timed());
    };
  }

  /// The models that have to be made for this one, it included, each after those it needs.
  default List<Model> lineage() {
    List<Model> all = new ArrayList<>();
    switch (this) {
      case Fresh _, Published _ -> {}
      case Joined joined -> {
        all.addAll(joined.tower().lineage());
        all.addAll(joined.language().lineage());
      }
      case Trained trained -> all.addAll(trained.parent().lineage());
    }
    all.add(this);
    return all.stream().distinct().toList();
  }
}
