package llava4j.cli.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.Llava;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.cli.doctor.Finding.Figure;
import llava4j.cli.doctor.Finding.Good;
import llava4j.cli.doctor.Finding.NotRun;

/// The bundled model answers a question about an image.
///
/// @param root folder with `models` and `examples`; empty in an installation without them
record ModelCheck(Optional<Path> root) implements Check {
  private static final String QUESTION = "What is in this image?";
  private static final String WORD = "penguin";

  @Override
  public String name() {
    return "model";
  }

  @Override
  public List<Finding> run() {
    Optional<Path> model = root.map(folder -> folder.resolve("models/llava-tiny"));
    Optional<Path> image = root.map(folder -> folder.resolve("examples/images/penguin.png"));
    if (model.filter(Files::isDirectory).isEmpty()
        || image.filter(Files::isRegularFile).isEmpty()) {
      return List.of(new NotRun("no bundled model in this installation"));
    }
    long start = System.nanoTime();
    try (Llava llava = Llava.load(model.get())) {
      double load = (System.nanoTime() - start) / 1e9;
      String answer = llava.ask(image.get(), QUESTION);
      double seconds = (System.nanoTime() - start) / 1e9;
      if (!answer.toLowerCase(Locale.ROOT).contains(WORD)) {
        return List.of(
            new Fault(
                "llava-tiny says of the image of a penguin: " + answer,
                "restore the files in " + root.get() + ", or see the other faults"));
      }
      return List.of(
          new Good(
              String.format(
                  Locale.ROOT, "llava-tiny answers in %.2f s: %s", seconds, answer.strip()),
              List.of(new Figure("load_seconds", load), new Figure("seconds", seconds))));
    }
  }
}
