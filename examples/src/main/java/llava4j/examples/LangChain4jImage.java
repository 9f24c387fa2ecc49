package llava4j.examples;

import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import java.nio.file.Path;
import llava4j.langchain4j.LlavaChatModel;

/// LangChain4j asks about an image, within the process: `LangChain4jImage MODEL IMAGE QUESTION`.
public final class LangChain4jImage {
  private LangChain4jImage() {}

  public static void main(String[] arguments) {
    try (LlavaChatModel model = LlavaChatModel.builder().model(arguments[0]).build()) {
      UserMessage message =
          UserMessage.from(
              ImageContent.from(Path.of(arguments[1]), "image/png"),
              TextContent.from(arguments[2]));
      System.out.println(model.chat(message).aiMessage().text());
    }
  }
}
