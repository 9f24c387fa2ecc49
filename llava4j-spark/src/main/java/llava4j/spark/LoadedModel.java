package llava4j.spark;

import llava4j.AnswerThreads;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.WeightsFingerprint;
import llava4j.generate.JsonForms;
import llava4j.io.CloseAll;

/// A model in this process and what its tasks share.
final class LoadedModel implements AutoCloseable {
  private final ModelSettings settings;
  private final Llava llava;
  private final LoadOptions options;
  private final AnswerThreads threads = new AnswerThreads("llava-spark");
  private final JsonForms forms = new JsonForms();
  private String fingerprint; // guarded by this; null until somebody asks

  LoadedModel(ModelSettings settings, Llava llava, LoadOptions options) {
    this.settings = settings;
    this.llava = llava;
    this.options = options;
  }

  ModelSettings settings() {
    return settings;
  }

  Llava llava() {
    return llava;
  }

  LoadOptions options() {
    return options;
  }

  AnswerThreads threads() {
    return threads;
  }

  JsonForms forms() {
    return forms;
  }

  /// The fingerprint of the weights; the first call reads all of them.
  synchronized String fingerprint() {
    if (fingerprint == null) {
      try (Checkpoint checkpoint =
          new CheckpointOpener(options.checkpoint()).open(ExecutorPlace.find(settings.model()))) {
        fingerprint = WeightsFingerprint.of(checkpoint.inferenceWeights());
      }
    }
    return fingerprint;
  }

  @Override
  public void close() {
    CloseAll.of(threads, llava);
  }
}
