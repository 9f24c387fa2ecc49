package llava4j.examples;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import llava4j.Llava;
import llava4j.text.ResponseFormat;

/// One question about many images, from several threads on one model, with the paper's prompt for
/// short answers: `ShortAnswers MODEL QUESTION IMAGE...`.
public final class ShortAnswers {
  private ShortAnswers() {}

  public static void main(String[] arguments) throws Exception {
    String question = ResponseFormat.SHORT.applyTo(arguments[1]);
    try (Llava llava = Llava.load(Path.of(arguments[0]));
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Path> images = Stream.of(arguments).skip(2).map(Path::of).toList();
      List<Future<String>> answers =
          images.stream().map(image -> threads.submit(() -> llava.ask(image, question))).toList();
      for (int i = 0; i < images.size(); i++) {
        System.out.println(images.get(i) + ": " + answers.get(i).get());
      }
    }
  }
}
