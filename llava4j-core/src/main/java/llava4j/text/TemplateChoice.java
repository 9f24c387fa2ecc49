package llava4j.text;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.text.PromptConventions.Family;
import llava4j.text.template.ChatTemplate;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.template.PromptTemplate;
import llava4j.text.tokenizer.JsonTokenizer;
import llava4j.text.tokenizer.Tokenizer;

/// Chooses the template of a model's prompts: the requested one, or else the model's own chat
/// template, or else the one that fits its configuration and name.
///
/// @param note a note for the user, if only the name decided or nothing did
public record TemplateChoice(PromptTemplate template, Optional<String> note) {

  /// Chooses a template.
  ///
  /// @param asked the template that the user requested
  /// @param modelName name of the model's folder or file
  /// @param where the model in messages
  /// @throws llava4j.error.BadInputException if the model's own template is broken or has no place
  ///   for images, or if the requested one needs tokens that are not in the vocabulary
  public static TemplateChoice of(
      Optional<ConversationTemplate> asked,
      PromptConventions conventions,
      Tokenizer tokenizer,
      String modelName,
      String where) {
    if (asked.isPresent()) {
      requireTokens(asked.get(), tokenizer, where);
      return new TemplateChoice(asked.get(), Optional.empty());
    }
    return conventions
        .chatTemplate()
        .get()
        .map(source ->
            new TemplateChoice(
                new ChatTemplate(source, where, specialTokens(tokenizer), conventions.imageToken()),
                Optional.empty()))
        .orElseGet(() -> byName(modelName, conventions.family(), tokenizer));
  }

  /// Markers that are tokens for one model have no meaning for a model that reads them as letters.
  private static void requireTokens(ConversationTemplate asked, Tokenizer tokenizer, String where) {
    for (String token : asked.specialTokens()) {
      if (!tokenizer.specialTokens().containsKey(token)) {
        throw new BadInputException(
            "the template "
                + asked.key()
                + " needs the token "
                + token
                + ", which the vocabulary of "
                + where
                + " lacks; leave out --template, or name the one that the model was trained with");
      }
    }
  }

  /// The template suggested by name and configuration. It never has the wrong kind of language
  /// model.
  private static TemplateChoice byName(
      String modelName, Optional<Family> family, Tokenizer tokenizer) {
    ConversationTemplate named = ConversationTemplate.forModel(modelName);
    boolean namesMistral = named == ConversationTemplate.MISTRAL_INSTRUCT;
    if (family.equals(Optional.of(Family.LLAMA)) && namesMistral) {
      return silent(ConversationTemplate.VICUNA_V1);
    }
    if (family.equals(Optional.of(Family.MISTRAL))
        && (namesMistral || named == ConversationTemplate.VICUNA_V1)) {
      return silent(ConversationTemplate.MISTRAL_INSTRUCT);
    }
    if (named != ConversationTemplate.VICUNA_V1) {
      return new TemplateChoice(
          named,
          Optional.of(
              "the model has no chat template; by its name, "
                  + modelName
                  + ", the template "
                  + named.key()
                  + " is used (--template selects another)"));
    }
    return tokenizer instanceof JsonTokenizer json && json.isByteLevel()
        ? new TemplateChoice(
            named,
            Optional.of(
                "the model has no chat template, and its name suggests none; the template "
                    + named.key()
                    + " is used (--template selects another)"))
        : silent(named);
  }

  private static TemplateChoice silent(ConversationTemplate template) {
    return new TemplateChoice(template, Optional.empty());
  }

  /// The template variables for special tokens.
  private static Map<String, String> specialTokens(Tokenizer tokenizer) {
    Map<String, String> tokens = new LinkedHashMap<>();
    put(tokens, "bos_token", tokenizer, tokenizer.bosId());
    put(tokens, "eos_token", tokenizer, tokenizer.eosId());
    put(tokens, "unk_token", tokenizer, tokenizer.unkId());
    put(tokens, "pad_token", tokenizer, tokenizer.padId().orElse(-1));
    return tokens;
  }

  private static void put(Map<String, String> tokens, String name, Tokenizer tokenizer, int id) {
    tokenizer
        .specialTokens()
        .forEach((token, other) -> {
          if (other == id) {
            tokens.put(name, token);
          }
        });
  }
}
