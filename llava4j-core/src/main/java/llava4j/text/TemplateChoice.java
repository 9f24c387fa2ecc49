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

/// Which template a model's prompts have: the one asked for, else the model's own chat template,
/// else the one that goes with its configuration and name.
///
/// @param note what is to be said to people, because a name decided or nothing did
public record TemplateChoice(PromptTemplate template, Optional<String> note) {

  /// Chooses.
  ///
  /// @param asked by the user
  /// @param modelName from the model's folder or file
  /// @param where names the model in messages
  /// @throws llava4j.error.BadInputException if the model's own template is broken or has no place
  ///   for images, or the one asked for needs tokens that the vocabulary lacks
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

  /// Marks that a model learned as tokens mean nothing to one that reads them as letters.
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

  /// The template that a name and a configuration suggest. A name cannot make a LLaMA a Mistral.
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
                  + ", it is asked with "
                  + named.key()
                  + " (--template chooses another)"));
    }
    return tokenizer instanceof JsonTokenizer json && json.isByteLevel()
        ? new TemplateChoice(
            named,
            Optional.of(
                "the model has no chat template and its name suggests none; it is asked with "
                    + named.key()
                    + " (--template chooses another)"))
        : silent(named);
  }

  private static TemplateChoice silent(ConversationTemplate template) {
    return new TemplateChoice(template, Optional.empty());
  }

  /// The variables that templates have for special tokens.
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
