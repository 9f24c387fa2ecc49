package llava4j.checkpoint.convert;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.adapter.AdapterConfig;
import llava4j.checkpoint.adapter.AdapterWriter;
import llava4j.checkpoint.adapter.LoraAdapter;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.text.tokenizer.Tokenizer;

/// Writes an adapter that is not merged for PEFT on transformers' LLaVA.
///
/// If the base is a Hugging Face LLaVA, only the adapter is written. Any other base is converted
/// too, into the folder `base`, with all changes of the adapter that are not low-rank updates.
final class AdapterConversion {
  private static final String BASE = "base";
  private static final Set<String> VOCABULARY = Set.of("language_model.embed_tokens", "lm_head");

  private final Checkpoint checkpoint;
  private final LoraAdapter adapter;
  private final WriteListener listener;

  AdapterConversion(Checkpoint checkpoint, LoraAdapter adapter, WriteListener listener) {
    this.checkpoint = checkpoint;
    this.adapter = adapter;
    this.listener = listener;
  }

  /// Writes into an empty folder.
  ///
  /// @param dtype of all tensors; null keeps each one's own
  void write(Path folder, DType dtype) {
    boolean alone = isAdapterEnough();
    WeightSource parts = adapter.parts().named(alone);
    if (alone) {
      String base = AdapterWriter.reference(adapter.location(), folder);
      new AdapterWriter(parts, adapter, settings(), base).huggingFace(folder, dtype);
      new CheckpointConverter(checkpoint, listener).processorBesideAdapter(folder);
      return;
    }
    Checkpoint plain =
        checkpoint.withWeights(
            adapter.withoutUpdates(ParameterTable.of(checkpoint.config()).shapes().keySet()));
    requireVocabularyStays(plain);
    new CheckpointConverter(plain, listener).toHuggingFace(folder.resolve(BASE), dtype);
    new AdapterWriter(parts, adapter, settings(), BASE).huggingFace(folder, dtype);
    new CheckpointConverter(plain, listener).processorBesideAdapter(folder);
  }

  private boolean isAdapterEnough() {
    return adapter.isOnHuggingFace()
        && adapter.parts().rows().isEmpty()
        && adapter.parts().whole().keySet().stream()
            .noneMatch(name -> VOCABULARY.contains(name.replaceFirst("\\.weight$", "")))
        && AdapterWriter.unfitForHuggingFace(adapter.parts().named(true)).isEmpty();
  }

  /// Hugging Face's LLaVA has additional rows for `<image>` and `<pad>`, so an update of a table
  /// with fewer rows does not fit.
  private void requireVocabularyStays(Checkpoint plain) {
    boolean grows;
    try (Tokenizer tokenizer = plain.tokenizer().get()) {
      grows = tokenizer.imageTokenId().isEmpty();
    }
    for (String module : VOCABULARY) {
      if (grows && adapter.parts().updates().containsKey(module)) {
        throw new BadInputException(
            checkpoint.location()
                + " adapts "
                + module
                + ", which has more rows in the Hugging Face layout; convert it with --merge-lora");
      }
    }
  }

  private AdapterWriter.Settings settings() {
    AdapterConfig config = adapter.config();
    Map<String, Integer> ranks = new HashMap<>();
    Map<String, Double> alphas = new HashMap<>();
    adapter
        .parts()
        .updates()
        .forEach((module, update) -> {
          if (update.rank() != config.rank()) {
            ranks.put(module, update.rank());
          }
          if (update.alpha() != config.alpha()) {
            alphas.put(module, update.alpha());
          }
        });
    return new AdapterWriter.Settings(
        config.rank(), config.alpha(), config.rootScale(), config.dropout(), ranks, alphas);
  }
}
