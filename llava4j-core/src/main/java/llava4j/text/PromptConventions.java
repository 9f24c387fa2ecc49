package llava4j.text;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import llava4j.text.template.ChatTemplateFiles;
import llava4j.text.tokenizer.Tokenizer;

/// The form of a model's prompts, according to its files.
///
/// @param chatTemplate the model's own chat template, a Jinja text; read on demand
/// @param imageToken the text for an image in that template
/// @param family the kind of language model in the configuration; may be empty
/// @param marksImages whether `<im_start>` and `<im_end>` are around each image
///   (`mm_use_im_start_end`)
public record PromptConventions(
    Supplier<Optional<String>> chatTemplate,
    String imageToken,
    Optional<Family> family,
    boolean marksImages) {
  /// Text before an image in models with `mm_use_im_start_end`.
  public static final String IMAGE_START = "<im_start>";

  /// Text after an image in models with `mm_use_im_start_end`.
  public static final String IMAGE_END = "<im_end>";

  /// The kind of language model, which excludes templates for other kinds.
  public enum Family {
    LLAMA,
    MISTRAL
  }

  /// The conventions in a folder's files, without its `config.json`.
  public static PromptConventions of(Path folder) {
    return new PromptConventions(
        () -> ChatTemplateFiles.find(folder),
        TokenizerFiles.imageToken(folder),
        Optional.empty(),
        false);
  }

  public PromptConventions withFamily(Family other) {
    return new PromptConventions(chatTemplate, imageToken, Optional.of(other), marksImages);
  }

  public PromptConventions withMarkedImages(boolean marked) {
    return new PromptConventions(chatTemplate, imageToken, family, marked);
  }

  /// These conventions with the folder's own chat template, if it has one.
  public PromptConventions under(Path folder) {
    return new PromptConventions(
        () -> ChatTemplateFiles.find(folder).or(chatTemplate), imageToken, family, marksImages);
  }

  /// A rendered prompt in which each image has the tokens around it that the model was trained
  /// with.
  public String marked(String prompt) {
    return marksImages
        ? prompt.replace(
            Tokenizer.IMAGE_PLACEHOLDER, IMAGE_START + Tokenizer.IMAGE_PLACEHOLDER + IMAGE_END)
        : prompt;
  }
}
