package llava4j.train.plan;

import java.util.Optional;
import llava4j.config.LlavaConfig;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Images;
import llava4j.train.config.TrainConfig.Stage;
import llava4j.train.forecast.BatchShape;

/// What a plan has to know about training data.
///
/// @param samples number of samples
/// @param textTokens mean number of tokens of a sample, without its images
/// @param imageShare share of the samples that have an image
/// @param origin where these numbers come from, for the user
public record TrainingData(long samples, double textTokens, double imageShare, String origin) {
  /// Samples of the paper's two files.
  private static final long CAPTIONS = 558_128;

  private static final long CONVERSATIONS = 665_298;

  /// Means that we assume for them.
  private static final double CAPTION_TOKENS = 20;

  private static final double CONVERSATION_TOKENS = 300;
  private static final double WITH_IMAGE = 0.94; // 40,688 of the mixture are texts

  /// LLaMA's tokenizer on English text.
  private static final double TOKENS_PER_WORD = 1.35;

  /// Roles, separators, and the system prompt.
  private static final double FRAME_TOKENS = 45;

  /// Rows of a common image in tiles of 224 pixels.
  private static final double TILED = 1600;

  /// The slowest process's padded sequences against the mean of all: captions are short beside
  /// their image, conversations are not; all processes wait for the longest.
  private static final double CAPTION_PADDING = 1.05;

  private static final double CONVERSATION_PADDING = 1.3;
  private static final double PACKED = 1.05;

  /// Share of a text that is supervised.
  private static final double SUPERVISED = 0.5;

  public TrainingData {
    if (samples < 1 || !(textTokens > 0) || !(imageShare >= 0 && imageShare <= 1)) {
      throw new BadInputException(
          "there are " + samples + " training samples; name a file that has some");
    }
  }

  /// The paper's data for the stage of a run.
  public static TrainingData ofPaper(TrainConfig config) {
    return config.stage() == Stage.CONNECTOR
        ? new TrainingData(CAPTIONS, CAPTION_TOKENS, 1, "the paper's 558K captions, 20 tokens each")
        : new TrainingData(
            CONVERSATIONS,
            CONVERSATION_TOKENS,
            WITH_IMAGE,
            "the paper's 665K conversations, 300 tokens each");
  }

  /// The numbers of a file, whose words are counted.
  public static TrainingData of(SampleFile file) {
    long words = 0;
    long images = 0;
    for (int length : file.modalityLengths()) {
      words += Math.abs(length);
      images += length > 0 ? 1 : 0;
    }
    long samples = file.size();
    return new TrainingData(
        samples,
        FRAME_TOKENS + TOKENS_PER_WORD * words / Math.max(1, samples),
        (double) images / Math.max(1, samples),
        file.path().getFileName() + ", counted in words");
  }

  /// The mean micro-batch, as long as its slowest process makes it.
  BatchShape batch(TrainConfig config, LlavaConfig model) {
    int perView = model.vision().rowsPerView();
    boolean tiled = config.data().images() == Images.HD;
    double imageRows = imageShare * (tiled ? TILED : perView);
    double mean = Math.min(config.data().maxLength(), imageRows + textTokens);
    double padding =
        config.data().packing()
            ? PACKED
            : config.stage() == Stage.CONNECTOR ? CAPTION_PADDING : CONVERSATION_PADDING;
    long sequences = config.batching().deviceBatch();
    long tokens = Math.round(Math.min(config.data().maxLength(), mean * padding));
    long rows = Math.round(sequences * Math.min(mean, (double) tokens));
    double views = sequences * imageShare * (tiled ? Math.ceil(TILED / perView) : 1);
    double supervised =
        sequences * textTokens * (config.stage() == Stage.CONNECTOR ? 1 : SUPERVISED);
    return new BatchShape(
        sequences,
        Math.max(1, tokens),
        Math.max(1, rows),
        Math.min(rows, Math.round(supervised)),
        Math.round(views));
  }

  /// What is assumed about lengths, for the user.
  Optional<String> assumption(TrainConfig config) {
    return config.data().packing()
        ? Optional.empty()
        : Optional.of(
            config.stage() == Stage.CONNECTOR
                ? "5 % padding is assumed"
                : "30 % padding and waiting for the longest is assumed");
  }
}
