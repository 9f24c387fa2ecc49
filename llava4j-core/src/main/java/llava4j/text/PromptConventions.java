package llava4j.text;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import llava4j.text.template.ChatTemplateFiles;
import llava4j.text.tokenizer.Tokenizer;

/// How a model's files want its prompts.
///
/// @param chatTemplate the model's own chat template, a Jinja text; read when asked for
/// @param imageToken what that template writes for an image
/// @param family what the configuration says of the language model; empty where it says nothing
/// @param marksImages whether `<im_start>` and `<im_end>` stand around each image
///   (`mm_use_im_start_end`)
public record PromptConventions(
    Supplier<Optional<String>> chatTemplate,
    String imageToken,
    Optional<Family> family,
    boolean marksImages) {
  /// Stands before an image in models with `mm_use_im_start_end`.
  public static final String IMAGE_START = "<im_start>";

  /// Stands behind an image in models with `mm_use_im_start_end`.
  public static final String IMAGE_END = "<im_end>";

  /// The kind of language model, which rules templates of other kinds out.
  public enum Family {
    LLAMA,
    MISTRAL
  }

  /// What a folder's files say, without its `config.json`.
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

  /// These conventions, with a folder's own chat template before the one so far.
  public PromptConventions under(Path folder) {
    return new PromptConventions(
        () -> ChatTemplateFiles.find(folder).or(chatTemplate), imageToken, family, marksImages);
  }

  /// A rendered prompt with each image's place as the model learned it.
  public String marked(String prompt) {
    return marksImages
        ? prompt.replace(
            Tokenizer.IMAGE_PLACEHOLDER, IMAGE_START + Tokenizer.IMAGE_PLACEHOLDER + IMAGE_END)
        : prompt;
  }
}
