package llava4j.checkpoint.convert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.GgufConfigs;
import llava4j.checkpoint.adapter.LoraAdapter;
import llava4j.checkpoint.gguf.GgmlType;
import llava4j.checkpoint.gguf.GgufVocabulary;
import llava4j.checkpoint.gguf.LanguageModelGguf;
import llava4j.checkpoint.gguf.MmprojGguf;
import llava4j.checkpoint.open.TowerReference;
import llava4j.checkpoint.safetensors.SafetensorsWriter;
import llava4j.checkpoint.torch.TorchZipWriter;
import llava4j.checkpoint.weights.ExtendedVocabulary;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.text.TemplateChoice;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.template.PromptTemplate;
import llava4j.text.template.TemplateJinja;
import llava4j.text.tokenizer.JsonTokenizer;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.text.tokenizer.Tokenizer;

/// Writes an opened checkpoint in any dialect, so that the programs of that dialect can load it.
public final class CheckpointConverter {
  private static final long MAX_SHARD_BYTES = 5_000_000_000L;

  private final Checkpoint checkpoint;
  private final WriteListener listener;
  private final Optional<ConversationTemplate> template;
  private final SourceFiles source;

  public CheckpointConverter(Checkpoint checkpoint, WriteListener listener) {
    this(checkpoint, listener, Optional.empty());
  }

  /// @param template the conversation template of a training run, which becomes the chat template
  ///   of the result. Empty keeps the source's chat template; if the source has none, the model's
  ///   name determines it, as for `ask`
  public CheckpointConverter(
      Checkpoint checkpoint, WriteListener listener, Optional<ConversationTemplate> template) {
    this.checkpoint = checkpoint;
    this.listener = listener;
    this.template = template;
    this.source = SourceFiles.of(checkpoint);
    ParameterTable.of(checkpoint.config())
        .requireExactly(checkpoint.inferenceWeights(), checkpoint.location().toString());
  }

  /// Writes a folder in the layout of transformers 4.x. For an adapter that is not merged, writes a
  /// PEFT folder for transformers' LLaVA (see [AdapterConversion]).
  ///
  /// @param dtype of all tensors; null keeps each one's own
  public void toHuggingFace(Path folder, DType dtype) {
    requireEmpty(folder);
    Optional<LoraAdapter> adapter = unmerged();
    if (adapter.isPresent()) {
      new AdapterConversion(checkpoint, adapter.get(), listener).write(folder, dtype);
      return;
    }
    try (Tokenizer tokenizer = checkpoint.tokenizer().get()) {
      TokenIds ids = TokenIds.withImage(tokenizer);
      WeightSource weights =
          ids.added().isEmpty()
              ? checkpoint.weights()
              : new ExtendedVocabulary(checkpoint.weights(), ids.rows());
      int rows =
          Math.toIntExact(
              weights.tensors().get("language_model.embed_tokens.weight").shape().getFirst());
      RenamedSource named =
          new RenamedSource().add(weights, ours -> Optional.of(NameTable.huggingFace(ours)));
      new SafetensorsWriter(MAX_SHARD_BYTES).write(named, folder, "model", dtype, listener);
      ConfigFiles files = new ConfigFiles(checkpoint, ids, source, folder);
      files.huggingFace(rows, dtype);
      files.generation();
      files.processors(true);
      files.tokenizer(tokenizer, true, markedTemplate(tokenizer));
    }
  }

  /// Writes a folder for the original code, with the vision tower in its own sub-folder `clip`.
  ///
  /// @param dtype of all tensors; null keeps each one's own
  public void toOriginal(Path folder, DType dtype) {
    requireMerged();
    requireEmpty(folder);
    RenamedSource text =
        new RenamedSource()
            .add(
                checkpoint.weights(),
                ours ->
                    isTower(ours)
                        ? Optional.empty()
                        : Optional.of(NameTable.original(ours, checkpoint.config().projector())));
    new TorchZipWriter(MAX_SHARD_BYTES).write(text, folder, "pytorch_model", dtype, listener);
    beside(folder, dtype, new TowerReference(Optional.of("clip"), true));
  }

  /// Writes the result of stage 1 for the original code: `mm_projector.bin` and all other files
  /// except the language model, which is unchanged.
  ///
  /// @param dtype of all tensors; null keeps each one's own
  public void toProjector(Path folder, DType dtype) {
    requireMerged();
    RenamedSource projector =
        new RenamedSource()
            .add(
                checkpoint.weights(),
                ours ->
                    ours.startsWith("projector.")
                        ? Optional.of(NameTable.original(ours, checkpoint.config().projector()))
                        : Optional.empty());
    new TorchZipWriter(Long.MAX_VALUE).write(projector, folder, "mm_projector", dtype, listener);
    beside(folder, dtype, TowerReference.of(checkpoint, folder));
  }

  /// Writes the other files of an adapter: configuration, generation settings and tokenizer, as the
  /// original trainer does, and the vision tower if the base does not have it.
  ///
  /// @param dtype of all tensors; null keeps each one's own
  public void besideAdapter(Path folder, DType dtype) {
    beside(folder, dtype, TowerReference.besideAdapter(checkpoint, folder));
  }

  /// Writes the processor files of an adapter for transformers' LLaVA: image settings, tokenizer
  /// and chat template. Configuration and generation settings are those of the base.
  public void processorBesideAdapter(Path folder) {
    try (Tokenizer tokenizer = checkpoint.tokenizer().get()) {
      ConfigFiles files =
          new ConfigFiles(checkpoint, TokenIds.withImage(tokenizer), source, folder);
      files.processors(true);
      files.tokenizer(tokenizer, true, markedTemplate(tokenizer));
    }
  }

  private void beside(Path folder, DType dtype, TowerReference reference) {
    try (Tokenizer tokenizer = checkpoint.tokenizer().get()) {
      ConfigFiles files = new ConfigFiles(checkpoint, TokenIds.of(tokenizer), source, folder);
      if (reference.copied()) {
        RenamedSource tower =
            new RenamedSource()
                .add(
                    checkpoint.weights(),
                    ours ->
                        isTower(ours)
                            ? Optional.of(ours.substring("vision_tower.".length()))
                            : Optional.empty());
        new TorchZipWriter(MAX_SHARD_BYTES)
            .write(tower, folder.resolve("clip"), "pytorch_model", dtype, listener);
        files.tower(dtype);
        files.processors(false);
      }
      files.original(dtype, reference.name());
      files.generation();
      files.tokenizer(tokenizer, false, chatTemplate(tokenizer));
    }
  }

  /// Writes `NAME-TYPE.gguf` and `mmproj-NAME-f16.gguf`, like llama.cpp's converters.
  ///
  /// @param type of the language model's matrices: F32, F16, Q8_0 or Q4_0
  public void toGguf(Path folder, GgmlType type) {
    requireMerged();
    requireEmpty(folder);
    String name = checkpoint.name().replaceAll("[^A-Za-z0-9._-]+", "-");
    try (Tokenizer tokenizer = checkpoint.tokenizer().get()) {
      int rows = checkpoint.config().text().vocab();
      GgufVocabulary vocabulary = vocabulary(tokenizer, rows);
      WeightSource weights = checkpoint.inferenceWeights();
      String typeName = type.name().toLowerCase(java.util.Locale.ROOT);
      new LanguageModelGguf(
              GgufConfigs.ofText(checkpoint.config().text(), rows),
              vocabulary,
              checkpoint.name(),
              type)
          .write(weights, folder.resolve(name + "-" + typeName + ".gguf"), listener::onTensor);
      GgmlType towerType = type == GgmlType.F32 ? GgmlType.F32 : GgmlType.F16;
      new MmprojGguf(
              GgufConfigs.ofVision(checkpoint.config(), checkpoint.imageProcessor()), towerType)
          .write(
              weights,
              folder.resolve(
                  "mmproj-"
                      + name
                      + "-"
                      + towerType.name().toLowerCase(java.util.Locale.ROOT)
                      + ".gguf"),
              listener::onTensor);
    }
  }

  private GgufVocabulary vocabulary(Tokenizer tokenizer, int rows) {
    TokenIds ids = TokenIds.of(tokenizer);
    return switch (tokenizer) {
      case SentencePieceTokenizer sentencePiece ->
          GgufConfigs.ofTokenizer(
              sentencePiece, ids.pad(), rows, checkpoint.addsBos(), markedTemplate(tokenizer));
      case JsonTokenizer fast ->
          new ByteLevelVocabulary(fast.content(), checkpoint.location() + "'s tokenizer.json")
              .toGguf(ids, rows, checkpoint.addsBos(), markedTemplate(tokenizer));
    };
  }

  private static boolean isTower(String ours) {
    return ours.startsWith("vision_tower.");
  }

  /// The chat template of the result, a Jinja text: that of the training run, or else the source's,
  /// or else the one that `ask` would use.
  private String chatTemplate(Tokenizer tokenizer) {
    return template
        .map(TemplateJinja::of)
        .or(checkpoint.prompts().chatTemplate())
        .or(source::chatTemplate)
        .orElseGet(() -> {
          PromptTemplate chosen =
              TemplateChoice.of(
                      Optional.empty(),
                      checkpoint.prompts(),
                      tokenizer,
                      checkpoint.name(),
                      checkpoint.location().toString())
                  .template();
          return TemplateJinja.of(
              chosen instanceof ConversationTemplate conversation
                  ? conversation
                  : ConversationTemplate.forModel(checkpoint.name()));
        });
  }

  /// The chat template for dialects whose configuration cannot say that there are tokens around
  /// images: the template writes these tokens.
  private String markedTemplate(Tokenizer tokenizer) {
    return checkpoint.prompts().marked(chatTemplate(tokenizer));
  }

  /// The adapter, if the checkpoint is an adapter that is not merged.
  private Optional<LoraAdapter> unmerged() {
    return checkpoint.weights() instanceof LoraAdapter adapter && !adapter.merged()
        ? Optional.of(adapter)
        : Optional.empty();
  }

  private void requireMerged() {
    if (unmerged().isPresent()) {
      throw new BadInputException(
          checkpoint.location()
              + " is a LoRA adapter that is not merged; convert it with --merge-lora, or convert it to hf,"
              + " which writes an adapter");
    }
  }

  private static void requireEmpty(Path folder) {
    try {
      if (Files.exists(folder)) {
        try (java.util.stream.Stream<Path> files = Files.list(folder)) {
          if (files.findAny().isPresent()) {
            throw new BadInputException(folder + " is not empty; name a new folder");
          }
        }
      }
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be used: " + e.getMessage(), e);
    }
  }
}
