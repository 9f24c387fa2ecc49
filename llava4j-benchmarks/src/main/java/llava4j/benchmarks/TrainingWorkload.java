package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import llava4j.checkpoint.Checkpoint;
import llava4j.config.LlavaConfig;
import llava4j.image.ImageProcessorConfig;
import llava4j.tensor.Device;
import llava4j.train.TrainJob;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.distributed.SingleProcess;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A stage 2 run, of the 100M class if not said otherwise, without other files: random weights, and
/// one invented conversation about many JPEG images. All samples have the same text, so the loss of
/// any batch falls as soon as something is learned.
final class TrainingWorkload implements AutoCloseable {
  static final int SAMPLES_AT_ONCE = 2;
  static final int IMAGES = 48;

  private static final int QUESTION = 40;
  private static final int ANSWER = 170;

  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;

  private final TemporaryFolder folder = TemporaryFolder.create();
  private final RandomWeights weights;
  private final Checkpoint base;

  TrainingWorkload() {
    this(
        RandomWeights.shared(Workloads.hundredMillion()),
        Workloads.hundredMillion(),
        WIDTH,
        HEIGHT);
  }

  /// A run of another model, whose base weights are made anew when they are read, with images of
  /// the size that its vision tower takes: decoding larger ones is no part of what a plan predicts.
  static TrainingWorkload of(LlavaConfig config) {
    int side = config.vision().imageSize();
    return new TrainingWorkload(RandomWeights.of(config), config, side, side);
  }

  private TrainingWorkload(RandomWeights weights, LlavaConfig config, int width, int height) {
    this.weights = weights;
    LetterTokenizer.create(folder.path()).close();
    this.base =
        new Checkpoint(
            "benchmark",
            folder.path(),
            Checkpoint.Dialect.ORIGINAL,
            config,
            ImageProcessorConfig.clip(config.vision().imageSize()),
            weights,
            () -> LetterTokenizer.create(folder.path()),
            Set.of(2),
            true);
    writeSamples(width, height);
  }

  LlavaConfig config() {
    return base.config();
  }

  RandomWeights weights() {
    return weights;
  }

  TrainJob job(String... overrides) {
    return job(new SingleProcess(), overrides);
  }

  TrainJob job(ProcessGroup group, String... overrides) {
    TrainConfig config =
        new ConfigFile()
            .with(
                new ConfigFile()
                    .with(
                        Presets.tinyFinetune(),
                        List.of(
                            "globalBatch=" + SAMPLES_AT_ONCE * group.size(),
                            "deviceBatch=" + SAMPLES_AT_ONCE,
                            "epochs=1000")),
                List.of(overrides));
    return new TrainJob(
        config,
        base,
        data(),
        folder.path(),
        folder.path().resolve("out"),
        group,
        new Device.Cpu(),
        Optional.empty(),
        false);
  }

  Path data() {
    return folder.path().resolve("data.json");
  }

  private void writeSamples(int width, int height) {
    ArrayNode root = new JsonMapper().createArrayNode();
    Random random = new Random(3);
    String question = "<image>\n" + letters(QUESTION, random);
    String answer = letters(ANSWER, random);
    try {
      for (int i = 0; i < IMAGES; i++) {
        String name = i + ".jpg";
        Files.write(folder.path().resolve(name), new Photograph(width, height, i).jpeg());
        ObjectNode sample = root.addObject().put("id", "sample-" + i).put("image", name);
        ArrayNode turns = sample.putArray("conversations");
        turns.addObject().put("from", "human").put("value", question);
        turns.addObject().put("from", "gpt").put("value", answer);
      }
      Files.writeString(data(), root.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String letters(int count, Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  @Override
  public void close() {
    weights.close();
    folder.close();
  }
}
