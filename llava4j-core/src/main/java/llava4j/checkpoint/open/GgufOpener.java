package llava4j.checkpoint.open;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.Checkpoint.Dialect;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.GgufConfigs;
import llava4j.checkpoint.TokenizerSource;
import llava4j.checkpoint.gguf.GgufFile;
import llava4j.checkpoint.gguf.GgufSplit;
import llava4j.checkpoint.gguf.GgufTextConfig;
import llava4j.checkpoint.gguf.GgufVisionConfig;
import llava4j.checkpoint.gguf.GgufVocabulary;
import llava4j.checkpoint.gguf.GgufWeights;
import llava4j.checkpoint.gguf.LlavaGguf;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.error.LfsPointer;
import llava4j.io.CloseAll;
import llava4j.text.PromptConventions;
import llava4j.text.tokenizer.Tokenizer;

/// Finds the mmproj file of a GGUF language model and opens both.
final class GgufOpener {
  private static final byte[] MAGIC = {'G', 'G', 'U', 'F'};

  private final CheckpointOptions options;

  GgufOpener(CheckpointOptions options) {
    this.options = options;
  }

  /// Opens a language model; the mmproj file is the one given, or the only one in the same folder.
  Checkpoint open(Path model) {
    if (!isGguf(model)) {
      LfsPointer.refuse(model);
      throw new BadInputException(
          model
              + " is not a model: it does not begin with the letters GGUF; give a model folder or a GGUF"
              + " file");
    }
    Path folder = model.toAbsolutePath().getParent();
    Path mmproj = options.mmproj().orElseGet(() -> only(folder, true, "name it with --mmproj"));
    return open(model, mmproj);
  }

  /// Opens a folder with one language model and one mmproj file.
  Checkpoint openFolder(Path folder) {
    if (ggufFiles(folder).isEmpty()) {
      throw new BadInputException(
          folder
              + " is not a model folder: it has neither config.json nor adapter_config.json nor a .gguf file");
    }
    Path model = only(folder, false, "name the file itself");
    return open(
        model, options.mmproj().orElseGet(() -> only(folder, true, "name it with --mmproj")));
  }

  private Checkpoint open(Path modelFile, Path mmprojFile) {
    GgufWeights text = GgufWeights.open(modelFile);
    GgufWeights vision = null;
    try {
      vision = GgufWeights.open(mmprojFile);
      GgufTextConfig textConfig = GgufTextConfig.read(text.file());
      GgufVisionConfig visionConfig = GgufVisionConfig.read(vision.file());
      GgufVocabulary vocabulary = GgufVocabulary.read(text.file());
      RenamedSource weights =
          new RenamedSource()
              .add(LlavaGguf.languageModel(text, textConfig), Optional::of)
              .add(LlavaGguf.mmproj(vision, visionConfig), Optional::of);
      boolean tied = !text.tensors().containsKey("output.weight");
      weights.keepOnly(name -> !(tied && name.equals("lm_head.weight")));
      LlavaConfig config = GgufConfigs.llava(textConfig, visionConfig, weights, tied);
      return new Checkpoint(
          GgufSplit.withoutNumber(modelFile.getFileName().toString().replaceFirst("\\.gguf$", "")),
          modelFile,
          Dialect.GGUF,
          config,
          GgufConfigs.processor(visionConfig),
          weights,
          TokenizerSource.of(
              () -> GgufConfigs.tokenizer(vocabulary, modelFile), vocabulary.chatTemplate()),
          vocabulary.endIds(vocabulary.model().equals(GgufVocabulary.BYTE_PAIRS) ? 11 : 2),
          vocabulary.addBos(),
          new PromptConventions(
              vocabulary::chatTemplate, Tokenizer.IMAGE_PLACEHOLDER, Optional.empty(), false));
    } catch (RuntimeException e) {
      CloseAll.after(e, text, vision);
      throw e;
    }
  }

  /// The only language model, or the only mmproj file, of a folder.
  private static Path only(Path folder, boolean vision, String remedy) {
    List<Path> found = ggufFiles(folder).stream().filter(file -> isVision(file) == vision).toList();
    if (found.size() != 1) {
      String what = vision ? "mmproj (vision) file" : "language model";
      throw new BadInputException(
          folder
              + (found.isEmpty()
                  ? " has no " + what + " in GGUF form"
                  : " has more than one " + what + ": " + names(found))
              + "; "
              + remedy);
    }
    return found.getFirst();
  }

  private static boolean isVision(Path file) {
    try (GgufFile opened = GgufFile.open(file)) {
      return opened.metadata().text("general.architecture").equals(GgufVisionConfig.ARCHITECTURE);
    }
  }

  private static List<String> names(List<Path> files) {
    return files.stream().map(file -> file.getFileName().toString()).toList();
  }

  private static List<Path> ggufFiles(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> isGguf(file) && !GgufSplit.isLaterPart(file)).sorted().toList();
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be listed: " + e.getMessage(), e);
    }
  }

  /// Whether a file is a GGUF file, by its first bytes. A file with the extension `.gguf` is
  /// accepted too, so that a later message says what is wrong with it.
  private static boolean isGguf(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    if (file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
      return true;
    }
    try (InputStream stream = Files.newInputStream(file)) {
      return Arrays.equals(stream.readNBytes(MAGIC.length), MAGIC);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
