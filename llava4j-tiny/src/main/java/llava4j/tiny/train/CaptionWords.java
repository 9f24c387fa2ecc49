package llava4j.tiny.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import llava4j.config.LlavaConfig;
import llava4j.data.Sample;
import llava4j.data.Turn.Speaker;
import llava4j.data.mixture.rule.PaddedBox;
import llava4j.error.BadInputException;
import llava4j.model.Projector;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.tiny.model.PlaceColumns;
import llava4j.train.batch.Batch;
import llava4j.train.batch.LabelledTokens;
import llava4j.train.model.BatchRowPlanner;
import llava4j.train.model.GatheredParameters;
import llava4j.train.model.GradientMode;
import llava4j.train.model.Gradients;
import llava4j.train.model.ModelUnits;
import llava4j.train.model.Objective;
import llava4j.train.model.ObjectiveFactory;
import llava4j.train.model.VisionFeatures;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Stage 0 of a vision tower: which words does the caption have? (Classification instead of a
/// contrast of pairs, arXiv 2411.03313, over the vocabulary of a frozen text encoder.)
///
/// An image is the mean of its rows behind the connector; where a question names a region by its
/// box, the mean of the rows that lie there. Its logits are the cosines to the rows of the language
/// model's embedding table, less the table's mean; the table is frozen. So tower and connector
/// learn to speak the language model's words. Classes are the words that the run's answers have: a
/// mean of a few hundred columns cannot keep thousands of others away, and of the batch's words
/// alone those that are easily taken for each other seldom meet. The target is the answer's words,
/// each weighted by how rare it is in the device's batch; the loss is the divergence from it, 0 at
/// best. Where the language model has columns for places ([PlaceColumns]), the loss also has their
/// squared error.
public final class CaptionWords implements Objective {
  /// Keeps a word that all captions have from weighing nothing at all.
  private static final double EVEN = 0.05;

  private static final double TEMPERATURE = 0.04; // of the mean's direction
  private static final double ROWS_TEMPERATURE = 0.1; // of the mean of directions

  private final LlavaConfig config;
  private final Device device;
  private final BatchRowPlanner planner;
  private final ModelUnits units;
  private final VisionFeatures vision;
  private final int[] answerWords;
  private final boolean placed;

  /// The objective of a run over samples.
  ///
  /// @param samples the run's
  /// @param tokenizers opens the base's
  public static ObjectiveFactory over(Path samples, Supplier<Tokenizer> tokenizers) {
    return (config, llava, device, units, features) ->
        new CaptionWords(
            llava,
            device,
            BatchRowPlanner.of(config, llava),
            units,
            features,
            AnswerWords.of(samples, tokenizers, config.data()));
  }

  /// @param answerWords classes of every batch, beside its own
  private CaptionWords(
      LlavaConfig config,
      Device device,
      BatchRowPlanner planner,
      ModelUnits units,
      VisionFeatures vision,
      int[] answerWords) {
    this.config = config;
    this.device = device;
    this.planner = planner;
    this.units = units;
    this.vision = vision;
    this.answerWords = answerWords;
    this.placed = hasPlaces(units);
  }

  /// Decided once: the table is frozen.
  private static boolean hasPlaces(ModelUnits units) {
    try (Scope _ = new Scope();
        ParameterUnit.Gathered table = units.unit("embedding").gather().await()) {
      return PlaceColumns.areSetApartIn(table.parameters().get(ModelUnits.EMBEDDING));
    }
  }

  @Override
  public Planned plan(Batch batch) {
    for (Batch.Item item : batch.samples()) {
      if (item.images().size() != 1 || item.images().getFirst().pixels().views() != 1) {
        throw new BadInputException(
            "sample '" + item.id() + "' has no picture of one view; stage tower needs one each");
      }
    }
    return planner.plan(batch);
  }

  @Override
  public double forwardBackward(Planned planned, double scale, long seed) {
    Batch batch = planned.batch();
    double supervised = planned.supervised();
    try (Scope _ = new Scope();
        ParameterUnit.Gathered projector = units.unit(ModelUnits.PROJECTOR).gather().await();
        ParameterUnit.Gathered tower = units.unit(ModelUnits.TOWER).gather().await();
        ParameterUnit.Gathered table = units.unit("embedding").gather().await()) {
      List<Answer> answers = Answer.of(batch.samples());
      int[] classes =
          IntStream.concat(
                  IntStream.of(answerWords),
                  answers.stream().map(Answer::ids).flatMapToInt(IntStream::of))
              .distinct()
              .sorted()
              .toArray();
      Tensor words = words(table.parameters().get(ModelUnits.EMBEDDING), classes); // [classes, dim]
      Tensor wanted = wanted(answers, classes, words); // [answers, classes]
      Map<String, Tensor> parameters = new LinkedHashMap<>(projector.parameters());
      parameters.putAll(tower.parameters());
      Tensor loss; // []
      try (GradientMode _ = GradientMode.recorded()) {
        Tensor features = vision.of(batch.images(), parameters); // [n, rows, visionDim]
        Tensor rows =
            new Projector(
                    config.projector(),
                    features.size(1),
                    new GatheredParameters(parameters, Map.of(), null))
                .forward(features); // [n, rows, dim]
        Tensor exact = Tensors.exact(rows); // [n, rows, dim]
        Tensor whole = unit(regions(exact, answers)); // [answers, dim]
        Tensor each = regions(unit(exact), answers); // [answers, dim]
        loss =
            divergence(whole, words, wanted, TEMPERATURE)
                .add(divergence(each, words, wanted, ROWS_TEMPERATURE))
                .mul(new Scalar(0.5));
        if (placed) {
          loss = loss.add(PlaceColumns.error(exact));
        }
      }
      Tensor weight = torch.full_like(loss.detach(), new Scalar(scale * supervised));
      Map<String, Tensor> gradients =
          Gradients.of(List.of(loss), List.of(weight), List.of(), parameters).ofParameters();
      units.unit(ModelUnits.PROJECTOR).accumulate(part(gradients, projector));
      units.unit(ModelUnits.TOWER).accumulate(part(gradients, tower));
      units.unit(ModelUnits.PROJECTOR).complete();
      units.unit(ModelUnits.TOWER).complete();
      return loss.item_double() * supervised;
    }
  }

  /// Means of the rows that answers are about. [answers, dim]
  private Tensor regions(Tensor rows, List<Answer> answers) {
    int each = Math.toIntExact(rows.size(1));
    long[] images = answers.stream().mapToLong(Answer::image).toArray();
    float[] shares = new float[answers.size() * each];
    for (int i = 0; i < answers.size(); i++) {
      System.arraycopy(answers.get(i).shares(each), 0, shares, i * each, each);
    }
    Tensor index =
        Tensors.ofLongs(images, images.length).to(device.torchDevice(), torch.ScalarType.Long);
    Tensor weights =
        Tensors.ofFloats(shares, answers.size(), 1, each)
            .to(device.torchDevice(), rows.scalar_type()); // [answers, 1, rows]
    return weights.bmm(rows.index_select(0, index)).squeeze(1); // [answers, dim]
  }

  /// Directions of words. [classes, dim]
  private Tensor words(Tensor table, int[] classes) {
    try (Scope scope = new Scope();
        GradientMode _ = GradientMode.off()) {
      Tensor given = Tensors.exact(table.detach()); // [vocab, dim]
      long[] ids = Arrays.stream(classes).asLongStream().toArray();
      Tensor index =
          Tensors.ofLongs(ids, ids.length).to(device.torchDevice(), torch.ScalarType.Long);
      Tensor middle = given.mean(new long[] {0}, true, null); // [1, dim]
      return scope.keep(unit(given.index_select(0, index).sub(middle)));
    }
  }

  /// Shares of the words in each answer: a row sums to 1. [answers, classes]
  private Tensor wanted(List<Answer> answers, int[] classes, Tensor words) {
    int size = answers.size();
    int[] within = new int[classes.length]; // answers that have the word
    for (Answer answer : answers) {
      IntStream.of(answer.ids())
          .distinct()
          .forEach(id -> within[Arrays.binarySearch(classes, id)]++);
    }
    float[] shares = new float[size * classes.length];
    for (int i = 0; i < size; i++) {
      int[] columns =
          IntStream.of(answers.get(i).ids()).map(id -> Arrays.binarySearch(classes, id)).toArray();
      double[] weights =
          IntStream.of(columns)
              .mapToDouble(column -> Math.log((size + EVEN) / within[column]))
              .toArray();
      double sum = DoubleStream.of(weights).sum();
      for (int j = 0; j < columns.length; j++) {
        shares[i * classes.length + columns[j]] += (float) (weights[j] / sum);
      }
    }
    return Tensors.ofFloats(shares, size, classes.length)
        .to(device.torchDevice(), words.scalar_type());
  }

  private static Tensor divergence(
      Tensor regions, Tensor words, Tensor wanted, double temperature) {
    Tensor logits = regions.mm(words.t()).div(new Scalar(temperature)); // [answers, classes]
    Tensor log = wanted.clamp_min(new Scalar(1e-30)).log(); // [answers, classes]
    Tensor apart = wanted.mul(log.sub(logits.log_softmax(1))); // [answers, classes]
    return apart.sum(1).mean();
  }

  /// Directions of the last axis.
  private static Tensor unit(Tensor rows) {
    Tensor norms =
        rows.norm(new org.bytedeco.pytorch.ScalarOptional(new Scalar(2)), new long[] {-1}, true);
    return rows.div(norms.clamp_min(new Scalar(1e-8)));
  }

  private static Map<String, Tensor> part(
      Map<String, Tensor> gradients, ParameterUnit.Gathered gathered) {
    Map<String, Tensor> own = new LinkedHashMap<>();
    gathered
        .parameters()
        .keySet()
        .forEach(name -> {
          if (gradients.containsKey(name)) {
            own.put(name, gradients.get(name));
          }
        });
    return own;
  }

  /// All that is said of an image, or of a region of it.
  ///
  /// @param image number in the batch
  /// @param ids supervised tokens of its answers
  private record Answer(int image, int[] ids, Optional<PaddedBox> region) {

    static List<Answer> of(List<Batch.Item> samples) {
      List<Answer> answers = new ArrayList<>();
      for (int i = 0; i < samples.size(); i++) {
        List<int[]> said = said(samples.get(i).tokens());
        List<Optional<PaddedBox>> regions = regions(samples.get(i).sample());
        Map<Optional<PaddedBox>, int[]> ofRegions = new LinkedHashMap<>();
        for (int j = 0; j < said.size(); j++) {
          ofRegions.merge(regions.get(j), said.get(j), Answer::joined);
        }
        int image = i;
        ofRegions.forEach((region, ids) -> answers.add(new Answer(image, ids, region)));
      }
      return answers;
    }

    /// The part of the image that each answer's question names, if it names one.
    private static List<Optional<PaddedBox>> regions(Sample sample) {
      List<Optional<PaddedBox>> regions = new ArrayList<>();
      for (int i = 1; i < sample.turns().size(); i++) {
        if (sample.turns().get(i).speaker() == Speaker.GPT) {
          regions.add(PaddedBox.find(sample.turns().get(i - 1).text()));
        }
      }
      return regions;
    }

    private static int[] joined(int[] first, int[] second) {
      return IntStream.concat(IntStream.of(first), IntStream.of(second)).toArray();
    }

    /// Supervised stretches.
    private static List<int[]> said(LabelledTokens tokens) {
      List<int[]> said = new ArrayList<>();
      int[] labels = tokens.labels();
      int start = 0;
      for (int i = 0; i <= labels.length; i++) {
        if (i == labels.length || labels[i] == LabelledTokens.IGNORED) {
          if (i > start) {
            said.add(Arrays.copyOfRange(tokens.ids(), start, i));
          }
          start = i + 1;
        }
      }
      return said;
    }

    /// Each row's part in the mean: rows whose middle lies in the region, or the nearest one.
    ///
    /// @param rows of a square image
    float[] shares(int rows) {
      int side = (int) Math.round(Math.sqrt(rows));
      double[] distances = new double[rows];
      for (int row = 0; row < rows; row++) {
        double x = (Math.floorMod(row, side) + 0.5) / side;
        double y = (Math.floorDiv(row, side) + 0.5) / side;
        distances[row] = region.map(box -> outside(box, x, y)).orElse(0.0);
      }
      double nearest = DoubleStream.of(distances).min().orElseThrow();
      long within = DoubleStream.of(distances).filter(distance -> distance <= nearest).count();
      float[] shares = new float[rows];
      for (int row = 0; row < rows; row++) {
        shares[row] = distances[row] <= nearest ? 1f / within : 0;
      }
      return shares;
    }

    private static double outside(PaddedBox box, double x, double y) {
      double across = Math.max(0, Math.max(box.x1() - x, x - box.x2()));
      double down = Math.max(0, Math.max(box.y1() - y, y - box.y2()));
      return Math.hypot(across, down);
    }
  }
}
