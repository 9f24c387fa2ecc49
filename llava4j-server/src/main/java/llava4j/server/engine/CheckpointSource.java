package llava4j.server.engine;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.config.LlavaConfig;
import llava4j.model.load.LoadProgress;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.Device;
import llava4j.text.tokenizer.Tokenizer;

/// A model's files. They are opened once at the beginning, so that what is wrong with them is known
/// before the server starts.
public final class CheckpointSource implements ModelSource {
  private final String name;
  private final Supplier<Checkpoint> files;
  private final LoadOptions options;
  private final Consumer<Llava> loaded;
  private final Facts facts;

  /// @param name for clients; empty for that of the folder or file
  /// @param files opens them, each time anew
  /// @param loaded hears of every model that was loaded
  /// @throws llava4j.error.BadInputException if the files cannot be used
  public CheckpointSource(
      Optional<String> name,
      Supplier<Checkpoint> files,
      LoadOptions options,
      Consumer<Llava> loaded) {
    this.files = files;
    this.options = options;
    this.loaded = loaded;
    try (Checkpoint checkpoint = files.get()) {
      this.name = name.orElse(checkpoint.name());
      this.facts = facts(checkpoint, options);
    }
  }

  private static Facts facts(Checkpoint checkpoint, LoadOptions options) {
    LlavaConfig config = checkpoint.config();
    MemoryPlan plan = Llava.plan(checkpoint, options);
    boolean here = options.device() instanceof Device.Cpu; // a GPU's free memory is not known
    return new Facts(
        config.contextLength(),
        config.text().dim(),
        config.text().numLayers(),
        here ? plan.smallestBytes() : 0,
        here ? plan.mappedBytes() : 0);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Facts facts() {
    return facts;
  }

  @Override
  public Tokenizer tokenizer() {
    try (Checkpoint checkpoint = files.get()) {
      return checkpoint.tokenizer().get();
    }
  }

  @Override
  public Llava load(LoadProgress progress) {
    Llava llava = Llava.load(files.get(), options.withProgress(progress));
    loaded.accept(llava);
    return llava;
  }

  @Override
  public boolean isOwned() {
    return true;
  }
}
