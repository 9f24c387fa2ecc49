package llava4j.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.image.ImageSource;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.fetch.ImageFetcher;

/// A conversation of LangChain4j as the model's. The images of a message come before its text, as
/// in LLaVA's training.
///
/// @param system the texts of all system messages; empty if there are none
record MessageReader(List<Turn> turns, Optional<String> system) {

  /// A message whose images are not decoded yet.
  ///
  /// @param images always empty for the assistant's
  record Turn(boolean isUser, String text, List<ImageSource> images) {
    llava4j.ChatMessage decoded(ImageFetcher fetcher) {
      return isUser
          ? new llava4j.ChatMessage.User(
              text,
              images.stream()
                  .map(image -> fetcher.decode(image, DecodeOptions.defaults()).image())
                  .toList())
          : new llava4j.ChatMessage.Assistant(text);
    }
  }

  static MessageReader read(List<ChatMessage> messages, boolean allowUrls) {
    List<String> system = new ArrayList<>();
    List<Turn> turns = new ArrayList<>();
    for (ChatMessage message : messages) {
      switch (message) {
        case SystemMessage one -> {
          if (!turns.isEmpty()) {
            throw new BadInputException(
                "a system message stands behind others of the conversation; put it first");
          }
          system.add(one.text());
        }
        case UserMessage user -> turns.add(user(user, allowUrls));
        case AiMessage answer -> turns.add(assistant(answer));
        default ->
            throw Features.unsupported(
                "a message of type " + name(message.type()),
                "LLaVA-1.5 knows those of system, user and assistant; leave it out");
      }
    }
    return new MessageReader(
        List.copyOf(turns),
        system.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", system)));
  }

  private static Turn user(UserMessage message, boolean allowUrls) {
    if (message.name() != null) {
      throw Features.unsupported("the name of a user", "write it into the text");
    }
    List<String> texts = new ArrayList<>();
    List<ImageSource> images = new ArrayList<>();
    for (Content content : message.contents()) {
      switch (content) {
        case TextContent text -> texts.add(text.text());
        // LLaVA-1.5 sees every image at one resolution, whatever detail is asked for
        case ImageContent image -> images.add(source(image.image(), allowUrls));
        default ->
            throw Features.unsupported(
                "content of type " + name(content.type()),
                "LLaVA-1.5 reads text and images; leave it out");
      }
    }
    return new Turn(true, String.join("\n", texts), List.copyOf(images));
  }

  private static ImageSource source(Image image, boolean allowUrls) {
    if (image.base64Data() != null) {
      return new ImageSource.OfDataUri("data:image/any;base64," + image.base64Data());
    }
    URI url = image.url();
    if (url == null) {
      throw new BadInputException("an image has neither data nor an address; give it one of them");
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    if (scheme.equals("data")) {
      return new ImageSource.OfDataUri(url.toString());
    }
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw Features.unsupported(
          "an image at '" + url + "'", "pass a file's content, for example as base64 data");
    }
    if (!allowUrls) {
      throw Features.unsupported(
          "an image at an address",
          "pass its content as base64 data, or build the chat model with"
              + " fetchPolicy(FetchPolicy.withUrls())");
    }
    return new ImageSource.OfUrl(url);
  }

  private static Turn assistant(AiMessage message) {
    if (message.hasToolExecutionRequests()) {
      throw Features.unsupported(
          "a tool execution request", "LLaVA-1.5 calls no tools; leave the message out");
    }
    if (!message.images().isEmpty()) {
      throw Features.unsupported("an image of the assistant", "let the user send it");
    }
    return new Turn(false, message.text() == null ? "" : message.text(), List.of());
  }

  private static String name(Enum<?> type) {
    return type.name().toLowerCase(Locale.ROOT);
  }
}
