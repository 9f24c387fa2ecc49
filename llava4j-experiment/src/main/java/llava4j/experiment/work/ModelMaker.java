package llava4j.experiment.work;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.error.BadInputException;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Selection.Part;
import llava4j.io.AtomicFile;
import llava4j.tensor.Device;
import llava4j.tiny.model.FreshModel;
import llava4j.tiny.model.Vocabulary;
import llava4j.tiny.train.EarlyStages;
import llava4j.train.StepReport;
import llava4j.train.TrainJob;
import llava4j.train.Trainer;
import llava4j.train.TrainingListener;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.report.JsonlLog;
import llava4j.train.report.Listeners;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Makes models, each once. A stage that was stopped resumes from its last checkpoint.
public final class ModelMaker {
  private static final int LAST_SHARE = 4; // a quarter of the steps

  private final Workplace workplace;
  private final Material material;
  private final ModelFiles files;
  private final Device device;
  private final WorkListener listener;
  private final BooleanSupplier stopAsked;

  /// @param stopAsked returns whether to write a checkpoint and stop; called once per step
  public ModelMaker(
      Workplace workplace,
      Material material,
      ModelFiles files,
      Device device,
      WorkListener listener,
      BooleanSupplier stopAsked) {
    this.workplace = workplace;
    this.material = material;
    this.files = files;
    this.device = device;
    this.listener = listener;
    this.stopAsked = stopAsked;
  }

  /// Makes what is missing of a model.
  ///
  /// @throws StoppedException if the user asked to stop
  public void make(Model model) {
    for (Model one : model.lineage()) {
      if (files.made(one).isPresent()) {
        continue;
      }
      switch (one) {
        case Model.Fresh fresh -> makeFresh(fresh);
        case Model.Trained trained -> train(trained);
        case Model.Published _, Model.Joined _ -> {} // are no folders of their own
      }
    }
  }

  private void makeFresh(Model.Fresh fresh) {
    Path folder = files.folder(fresh);
    List<Path> texts =
        Stream.of(Part.TEXTS, Part.CAPTIONS, Part.INSTRUCTIONS)
            .map(part -> workplace.data().resolve(part.file()))
            .toList();
    delete(folder);
    FreshModel model =
        FreshModel.tiny(Vocabulary.of(texts, fresh.vocabulary()), fresh.seed())
            .shaped(fresh.imageSide(), fresh.towerBlocks(), fresh.textBlocks());
    model.write(folder.resolve("hf"));
    write(folder, new Made(fresh.description(), "", 0, 0, 0, 0));
  }

  private void train(Model.Trained trained) {
    Path folder = files.folder(trained);
    listener.onStage(trained);
    try (Checkpoint base = files.openForStage(trained)) {
      TrainConfig config = trained.config();
      Path data = material.file(trained.data());
      boolean cached =
          workplace.scale().isSmall() && !trained.timed() && !config.parts().visionTower();
      TrainJob job =
          new TrainJob(
                  config,
                  base,
                  data,
                  workplace.data(),
                  folder,
                  new SingleProcess(),
                  device,
                  cached ? Optional.of(workplace.features()) : Optional.empty(),
                  false)
              .withObjective(EarlyStages.objective(config, data, base.tokenizer()));
      Trainer.Result result = new Trainer(job, reports(folder), stopAsked).run();
      if (!result.finished()) {
        throw new StoppedException();
      }
    }
    write(folder, made(trained, folder));
    delete(folder.resolve("checkpoints"));
    delete(folder.resolve("hf"));
  }

  private TrainingListener reports(Path folder) {
    TrainingListener progress =
        new TrainingListener() {
          @Override
          public void onStep(StepReport report) {
            listener.onStep(report);
          }
        };
    return new Listeners(
        List.of(new JsonlLog(folder, InstantSource.system()), progress), System.err);
  }

  private static Made made(Model.Trained trained, Path folder) {
    List<JsonNode> lines = JsonlLog.read(folder.resolve(JsonlLog.FILE));
    double seconds = lines.stream().mapToDouble(line -> line.path("seconds").asDouble()).sum();
    long samples = lines.stream().mapToLong(line -> line.path("samples").asLong()).sum();
    double loss =
        lines.subList(lines.size() - Math.ceilDiv(lines.size(), LAST_SHARE), lines.size()).stream()
            .mapToDouble(line -> line.path("loss").asDouble())
            .average()
            .orElse(0);
    return new Made(
        trained.description(), trained.config().preset(), lines.size(), samples, seconds, loss);
  }

  private static void write(Path folder, Made made) {
    AtomicFile.writeText(
        folder.resolve(Made.FILE),
        new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(made) + "\n");
  }

  private static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be deleted: " + e.getMessage(), e);
    }
  }
}
