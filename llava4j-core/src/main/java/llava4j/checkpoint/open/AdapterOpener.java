package llava4j.checkpoint.open;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.CheckpointOptions.Part;
import llava4j.checkpoint.TokenizerSource;
import llava4j.checkpoint.adapter.AdapterConfig;
import llava4j.checkpoint.adapter.AdapterParts;
import llava4j.checkpoint.adapter.LoraAdapter;
import llava4j.config.ConfigNode;
import llava4j.config.ConfigReader;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.config.TextConfig;
import llava4j.error.BadInputException;
import llava4j.io.CloseAll;
import llava4j.text.ImageMarks;
import llava4j.text.TokenizerFiles;

/// Opens a folder with a PEFT adapter, over a whole LLaVA or over a language model alone.
///
/// If the folder has a `config.json` (the original trainer and ours write one), it determines how
/// images are preprocessed. If the base is a language model alone, it also names the vision tower,
/// and the projector is among the adapter's files.
final class AdapterOpener {
  private final CheckpointOptions options;
  private final CheckpointOpener opener;

  AdapterOpener(CheckpointOptions options, CheckpointOpener opener) {
    this.options = options;
    this.opener = opener;
  }

  Checkpoint open(Path folder) {
    AdapterConfig adapter = AdapterConfig.read(folder);
    Path base = base(folder, adapter);
    Path file = folder.resolve("config.json");
    Optional<ConfigNode> own =
        Files.isRegularFile(file)
            // how training quantised the base (QLoRA), not the format of the base itself
            ? Optional.of(ConfigNode.read(file).without("quantization_config"))
            : Optional.empty();
    AdapterParts parts = AdapterParts.open(folder, adapter);
    Checkpoint under = null;
    try {
      under =
          LanguageModelBase.isIn(base)
              ? overLanguageModel(folder, base, own, parts)
              : overLlava(base, own);
      LoraAdapter weights = LoraAdapter.of(adapter, parts, under, options.mergeLora());
      return join(folder, base, own, under, weights);
    } catch (RuntimeException e) {
      CloseAll.after(e, parts, under);
      throw e;
    }
  }

  private static Checkpoint join(
      Path folder, Path base, Optional<ConfigNode> own, Checkpoint under, LoraAdapter weights) {
    boolean ownTokenizer = TokenizerFiles.isIn(folder) && !folder.equals(base);
    TextConfig text = weights.adapted(under.config().text());
    ImageMarks marks = marks(own, under, text.vocab());
    Optional<Path> tokenizerFolder =
        ownTokenizer
            ? Optional.of(folder)
            : saysMarks(own) ? under.tokenizer().folder() : Optional.empty();
    TokenizerSource tokenizer =
        tokenizerFolder.map(there -> TokenizerSource.of(there, marks)).orElse(under.tokenizer());
    Set<Integer> eosIds = CheckpointOpener.generationEosIds(folder);
    return under
        .at(folder, Checkpoint.nameOf(folder))
        .withConfig(under.config().withText(text))
        .withWeights(weights)
        .withTokenizer(
            tokenizer,
            eosIds.isEmpty() ? under.eosIds() : eosIds,
            ownTokenizer ? TokenizerFiles.addsBos(folder) : under.addsBos())
        .withPrompts(under.prompts().under(folder).withMarkedImages(marks.startEnd()));
  }

  private static boolean saysMarks(Optional<ConfigNode> own) {
    return own.filter(node -> ConfigReader.dialect(node) == ConfigReader.Dialect.ORIGINAL)
        .isPresent();
  }

  /// The settings of the adapter's configuration, which describes the whole model, or else the
  /// base's.
  private static ImageMarks marks(Optional<ConfigNode> own, Checkpoint under, int rows) {
    boolean inBase = under.prompts().marksImages();
    ImageMarks asked =
        saysMarks(own)
            ? CheckpointOpener.marks(own.orElseThrow(), rows)
            : new ImageMarks(false, inBase, rows);
    boolean patch = asked.patch() && under.dialect() == Checkpoint.Dialect.ORIGINAL;
    return new ImageMarks(patch, asked.startEnd(), rows);
  }

  private Path base(Path folder, AdapterConfig adapter) {
    if (options.base().isPresent()) {
      return opener.resolveGiven(options.base().get(), folder);
    }
    return NamedElsewhere.BASE.resolve(
        ConfigNode.read(adapter.file()), named -> opener.resolve(named, Optional.of(folder)));
  }

  /// If the base is itself an adapter, it is merged.
  private Checkpoint overLlava(Path base, Optional<ConfigNode> own) {
    boolean isAdapter = Files.isRegularFile(base.resolve(AdapterConfig.FILE));
    CheckpointOptions below = options.withoutBase().withMergedLora(isAdapter);
    Checkpoint llava = new CheckpointOpener(below).open(base);
    try {
      return own.map(node -> llava.seenAs(ownView(node, llava.config()))).orElse(llava);
    } catch (RuntimeException e) {
      llava.close();
      throw e;
    }
  }

  /// The base's shapes with the adapter's image settings.
  private static LlavaConfig ownView(ConfigNode own, LlavaConfig base) {
    LlavaConfig config =
        switch (ConfigReader.dialect(own)) {
          case HUGGING_FACE -> ConfigReader.huggingFace(own).withVision(base.vision());
          case ORIGINAL -> ConfigReader.original(own, base.vision());
        };
    return config.withText(base.text());
  }

  private Checkpoint overLanguageModel(
      Path folder, Path base, Optional<ConfigNode> own, AdapterParts parts) {
    options.requireUsed(folder, Set.of(Part.BASE, Part.VISION_TOWER));
    if (own.isEmpty() && options.visionTower().isEmpty()) {
      throw new BadInputException(
          base
              + " is only a language model, and "
              + folder
              + " has no config.json that names a vision tower; name the tower with --vision-tower, or"
              + " put the config.json of the training run into the folder");
    }
    Optional<ProjectorConfig> found = LanguageModelBase.projectorAmong(parts.whole().keySet());
    Optional<ProjectorConfig> named =
        own.map(node -> ProjectorConfig.parse(node.text("mm_projector_type", "linear")));
    if (found.isEmpty() && named.map(ProjectorConfig::numLinears).orElse(1) > 0) {
      throw new BadInputException(
          folder
              + " has no projector (non_lora_trainables.bin or mm_projector.bin), and "
              + base
              + " is only a language model; name a whole LLaVA with --base, or add the file");
    }
    Path tower = opener.tower(folder, own);
    Checkpoint bare = LanguageModelBase.open(base, tower, named.or(() -> found).orElseThrow());
    try {
      return own.map(node -> bare.withConfig(ownModel(node, base, bare.config()))).orElse(bare);
    } catch (RuntimeException e) {
      bare.close();
      throw e;
    }
  }

  /// As in the original, the adapter's configuration describes the whole model.
  private static LlavaConfig ownModel(ConfigNode own, Path base, LlavaConfig bare) {
    if (ConfigReader.dialect(own) != ConfigReader.Dialect.ORIGINAL) {
      throw new BadInputException(
          own.file()
              + " is for a whole Hugging Face LLaVA, but "
              + base
              + " is only a language model; name the LLaVA with --base");
    }
    LlavaConfig config = ConfigReader.original(own, bare.vision());
    return config.withText(config.text().withTiedEmbeddings(bare.text().tieEmbeddings()));
  }
}
