package llava4j.examples;

import java.nio.file.Path;
import llava4j.Llava;

/// The shortest program: `AskAImage MODEL IMAGE QUESTION`.
public final class AskAImage {
  private AskAImage() {}

  public static void main(String[] arguments) {
    try (Llava llava = Llava.load(Path.of(arguments[0]))) {
      System.out.println(llava.ask(Path.of(arguments[1]), arguments[2]));
    }
  }
}
