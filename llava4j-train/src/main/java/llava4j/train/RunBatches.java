package llava4j.train;

import llava4j.data.SampleFile;
import llava4j.image.Preprocessor;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.train.batch.BadSamples;
import llava4j.train.batch.BatchPrefetcher;
import llava4j.train.batch.LabelMasker;
import llava4j.train.batch.SampleLoader;
import llava4j.train.batch.SampleOrder;
import llava4j.train.batch.StepLayout;
import llava4j.train.config.TrainConfig;

/// Builds the input pipeline of a run: sample order, loader, prefetch.
record RunBatches(TrainJob job, SampleFile samples, StepLayout layout, Tokenizer tokenizer) {

  /// The batches of this process.
  ///
  /// @param step first step, counted from 0
  BatchPrefetcher from(long step) {
    return from(step, new BadSamples(job.out(), job.group().rank(), job.config().data().maxBad()));
  }

  /// The batches from the first step on, for a dry run. It writes no list of bad samples.
  BatchPrefetcher forDryRun() {
    return from(0, BadSamples.unlisted(job.config().data().maxBad()));
  }

  private BatchPrefetcher from(long step, BadSamples bad) {
    TrainConfig config = job.config();
    TrainConfig.Data data = config.data();
    LabelMasker masker =
        new LabelMasker(data.template(), tokenizer, data.maxLength(), data.maskRule());
    Preprocessor preprocessor =
        new Preprocessor(job.base().imageProcessor(), job.base().config().imageMode());
    SampleLoader loader =
        new SampleLoader(
            samples,
            job.images(),
            masker,
            preprocessor,
            job.base().config(),
            data.maxLength(),
            data.maxPixels());
    SampleOrder order = order(data.order());
    int groups = job.group().size() * config.batching().accumulation(job.group().size());
    int[] lengths = samples.modalityLengths();
    return new BatchPrefetcher(
        layout,
        job.group().rank(),
        loader,
        epoch ->
            order.indices(
                lengths,
                config.batching().deviceBatch(),
                groups,
                config.execution().seed() + epoch),
        bad,
        step,
        data.prefetch());
  }

  /// Assigns samples to steps and processes.
  ///
  /// @throws BadInputException if the global batch cannot be divided among the processes
  static StepLayout layout(TrainJob job, long samples) {
    TrainConfig.Batching batching = job.config().batching();
    job.config().requireFits(job.group().size());
    return new StepLayout(
        samples, batching.globalBatch(), batching.deviceBatch(), job.group().size());
  }

  private static SampleOrder order(TrainConfig.Order order) {
    return switch (order) {
      case SEQUENTIAL -> new SampleOrder.Sequential();
      case SHUFFLED -> new SampleOrder.Shuffled();
      case LENGTH_GROUPED -> new SampleOrder.LengthGrouped();
      case LENGTH_BUCKETS -> new SampleOrder.LengthBuckets();
      case MODALITY_GROUPED -> new SampleOrder.ModalityGrouped();
    };
  }
}
