package llava4j.golden;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.generate.Generator;
import llava4j.generate.SchedulerLimits;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvPool;
import llava4j.model.linear.PrefillMode;
import llava4j.model.load.LoadProgress;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import llava4j.text.tokenizer.Tokenizer;

/// A golden checkpoint, loaded.
///
/// @param generators that were asked for, and end with it
public record GoldenModel(
    Checkpoint checkpoint, LlavaModel model, Tokenizer tokenizer, List<Generator> generators)
    implements AutoCloseable {

  public static GoldenModel open(String relative) {
    return open(relative, CheckpointOptions.none(), WeightFormat.AUTO);
  }

  public static GoldenModel open(String relative, CheckpointOptions options, WeightFormat format) {
    return open(relative, options, format, PrefillMode.AUTO);
  }

  public static GoldenModel open(
      String relative, CheckpointOptions options, WeightFormat format, PrefillMode prefill) {
    return open(relative, Golden.path(relative), options, format, prefill);
  }

  /// A checkpoint of the subset among the test resources, whichever set is in use.
  public static GoldenModel openCommitted(String relative) {
    return openCommitted(relative, WeightFormat.AUTO);
  }

  public static GoldenModel openCommitted(String relative, WeightFormat format) {
    return open(
        relative, Golden.committed(relative), CheckpointOptions.none(), format, PrefillMode.AUTO);
  }

  private static GoldenModel open(
      String name, Path path, CheckpointOptions options, WeightFormat format, PrefillMode prefill) {
    Checkpoint checkpoint = new CheckpointOpener(options).open(path);
    LlavaModel model =
        LlavaModel.load(
            checkpoint.config(),
            checkpoint.inferenceWeights(),
            name,
            new Device.Cpu(),
            format,
            prefill,
            LoadProgress.NONE);
    return new GoldenModel(checkpoint, model, checkpoint.tokenizer().get(), new ArrayList<>());
  }

  /// A generator that ends at exactly these ids. It is closed with the model.
  public Generator generator(int... eosIds) {
    Set<Integer> ids = new HashSet<>();
    for (int id : eosIds) {
      ids.add(id);
    }
    Generator generator =
        new Generator(
            model,
            tokenizer,
            ids,
            SchedulerLimits.ofBlocks(64 + 8 * KvPool.blocksFor(model.config().contextLength())));
    generators.add(generator);
    return generator;
  }

  @Override
  public void close() {
    generators.forEach(Generator::close);
    model.close();
    tokenizer.close();
  }
}
