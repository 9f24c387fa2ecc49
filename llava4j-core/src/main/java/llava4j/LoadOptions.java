package llava4j;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.error.BadInputException;
import llava4j.image.ImageMode;
import llava4j.model.cache.KvFormat;
import llava4j.model.cache.PrefixStore;
import llava4j.model.linear.PrefillMode;
import llava4j.model.load.LoadProgress;
import llava4j.model.load.ModelIdentity;
import llava4j.tensor.Device;
import llava4j.tensor.ThreadCount;
import llava4j.tensor.WeightFormat;
import llava4j.text.template.ConversationTemplate;

/// Options for loading a model.
///
/// @param checkpoint what is not in the checkpoint itself
/// @param weights on a GPU, FP32 and FP16 are refused
/// @param prefill how prompts are multiplied by quantised weights; other than AUTO, it is refused
///   for a model that has none, and on a GPU
/// @param kvCache what keys and values are kept in; on a GPU, only AUTO
/// @param template the conversation template; empty for the model's own chat template
/// @param imageMode how images are preprocessed; empty for the mode in the checkpoint
/// @param progress called for each loaded tensor
/// @param threads of every operator, for the whole process, because libtorch has one number for it;
///   empty for `LLAVA_THREADS`, or else the processors that the process may use
/// @param prefixCache where prompts are kept on disk; empty for memory only
public record LoadOptions(
    CheckpointOptions checkpoint,
    Device device,
    WeightFormat weights,
    PrefillMode prefill,
    KvFormat kvCache,
    Optional<ConversationTemplate> template,
    Optional<ImageMode> imageMode,
    LoadProgress progress,
    OptionalInt threads,
    Optional<PrefixCache> prefixCache) {

  /// Where the keys and values of prompts are kept on disk, for later processes.
  ///
  /// @param folder made if it is missing; several processes may use it
  /// @param mostBytes of its files; those that were not used for longest make room
  public record PrefixCache(Path folder, long mostBytes) {
    public PrefixCache {
      if (mostBytes < 1) {
        throw new IllegalArgumentException("a prefix cache needs room");
      }
    }
  }

  public LoadOptions {
    weights.requireFor(device);
    if (threads.isPresent()) {
      ThreadCount _ = ThreadCount.of(threads, Map.of(), 1);
    }
  }

  /// On the CPU, with weights as stored, and everything else as in the checkpoint.
  public static LoadOptions defaults() {
    return new LoadOptions(
        CheckpointOptions.none(),
        new Device.Cpu(),
        WeightFormat.AUTO,
        PrefillMode.AUTO,
        KvFormat.AUTO,
        Optional.empty(),
        Optional.empty(),
        LoadProgress.NONE,
        OptionalInt.empty(),
        Optional.empty());
  }

  public LoadOptions withCheckpoint(CheckpointOptions other) {
    return new LoadOptions(
        other,
        device,
        weights,
        prefill,
        kvCache,
        template,
        imageMode,
        progress,
        threads,
        prefixCache);
  }

  public LoadOptions withDevice(Device other) {
    return new LoadOptions(
        checkpoint,
        other,
        weights,
        prefill,
        kvCache,
        template,
        imageMode,
        progress,
        threads,
        prefixCache);
  }

  public LoadOptions withWeights(WeightFormat other) {
    return new LoadOptions(
        checkpoint,
        device,
        other,
        prefill,
        kvCache,
        template,
        imageMode,
        progress,
        threads,
        prefixCache);
  }

  public LoadOptions withPrefill(PrefillMode other) {
    return new LoadOptions(
        checkpoint,
        device,
        weights,
        other,
        kvCache,
        template,
        imageMode,
        progress,
        threads,
        prefixCache);
  }

  public LoadOptions withKvCache(KvFormat other) {
    return new LoadOptions(
        checkpoint,
        device,
        weights,
        prefill,
        other,
        template,
        imageMode,
        progress,
        threads,
        prefixCache);
  }

  public LoadOptions withTemplate(ConversationTemplate other) {
    return new LoadOptions(
        checkpoint,
        device,
        weights,
        prefill,
        kvCache,
        Optional.of(other),
        imageMode,
        progress,
        threads,
        prefixCache);
  }

  public LoadOptions withImageMode(ImageMode other) {
    return new LoadOptions(
        checkpoint,
        device,
        weights,
        prefill,
        kvCache,
        template,
        Optional.of(other),
        progress,
        threads,
        prefixCache);
  }

  public LoadOptions withProgress(LoadProgress other) {
    return new LoadOptions(
        checkpoint,
        device,
        weights,
        prefill,
        kvCache,
        template,
        imageMode,
        other,
        threads,
        prefixCache);
  }

  public LoadOptions withThreads(int other) {
    return new LoadOptions(
        checkpoint,
        device,
        weights,
        prefill,
        kvCache,
        template,
        imageMode,
        progress,
        OptionalInt.of(other),
        prefixCache);
  }

  public LoadOptions withPrefixCache(PrefixCache other) {
    return new LoadOptions(
        checkpoint,
        device,
        weights,
        prefill,
        kvCache,
        template,
        imageMode,
        progress,
        threads,
        Optional.of(other));
  }

  /// Opens the prefix cache for a model.
  ///
  /// @throws BadInputException if its folder cannot be used, or the model is on a GPU
  Optional<PrefixStore> openPrefixCache(Checkpoint opened) {
    if (prefixCache.isPresent() && device instanceof Device.Cuda) {
      throw new BadInputException(
          "a prefix cache on disk is for models on the processor; leave it out");
    }
    return prefixCache.map(cache ->
        new PrefixStore(
            cache.folder(),
            cache.mostBytes(),
            ModelIdentity.of(opened, device, weights, prefill, kvCache)));
  }
}
