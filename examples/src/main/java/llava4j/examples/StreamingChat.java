package llava4j.examples;

import java.nio.file.Path;
import java.util.List;
import llava4j.Cancellation;
import llava4j.ChatResponse;
import llava4j.ChatSession;
import llava4j.Llava;
import llava4j.generate.Decoding;
import llava4j.generate.GenerationOptions;
import llava4j.image.ImageSource;
import llava4j.image.RgbImage;

/// A conversation of two turns that is printed as it comes, and can be stopped: `StreamingChat
/// MODEL IMAGE`.
public final class StreamingChat {
  private StreamingChat() {}

  public static void main(String[] arguments) {
    RgbImage image = Llava.decode(new ImageSource.OfFile(Path.of(arguments[1])));
    Cancellation cancellation = new Cancellation();
    Runtime.getRuntime().addShutdownHook(new Thread(cancellation::cancel));
    try (Llava llava = Llava.load(Path.of(arguments[0]))) {
      ChatSession chat = llava.chat();
      chat.setOptions(
          GenerationOptions.greedy()
              .withDecoding(new Decoding.Sample(0.2, 0, 0.7, 0, 42))
              .withMaxNewTokens(200));
      chat.say(
          "What is in this image?",
          List.of(image),
          (_, text) -> System.out.print(text),
          cancellation);
      System.out.println();
      ChatResponse second =
          chat.say(
              "What is unusual about it?",
              List.of(),
              (_, text) -> System.out.print(text),
              cancellation);
      System.out.printf(
          "%n(%d of %d prompt tokens came from the KV cache)%n",
          second.cachedTokens(), second.promptTokens());
    }
  }
}
