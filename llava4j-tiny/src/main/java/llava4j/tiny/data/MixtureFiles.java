package llava4j.tiny.data;

import java.awt.image.BufferedImage;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import llava4j.data.Sample;
import llava4j.data.mixture.SampleWriter;
import llava4j.error.BadInputException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes the mixture's files. A list of samples appears when it is whole; images that an
/// interrupted build left are kept.
final class MixtureFiles {
  private static final int AT_ONCE = 512;

  private final Path out;
  private final LongConsumer progress;
  private final AtomicLong done = new AtomicLong();
  private final JsonMapper json = new JsonMapper();

  MixtureFiles(Path out, LongConsumer progress) {
    this.out = out;
    this.progress = progress;
  }

  /// A sample and its image.
  record Made(Sample sample, Optional<BufferedImage> image) {}

  /// Refuses a folder that holds another mixture, whose images would be taken for this one's.
  ///
  /// @param what is going to be made, in a line
  void claim(String what) {
    Path file = out.resolve("mixture.txt");
    if (!Files.exists(file)) {
      atomically("mixture.txt", writer -> writer.write(what + "\n"));
      return;
    }
    try {
      String there = Files.readString(file).strip();
      if (!there.equals(what)) {
        throw new BadInputException(
            out
                + " holds another mixture ("
                + there
                + "; wanted: "
                + what
                + "); name another folder, or delete that one");
      }
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// Makes and writes samples, on all cores, in their order.
  void samples(String name, int count, IntFunction<Made> maker) {
    try (SampleWriter writer = SampleWriter.open(out.resolve(name))) {
      for (int from = 0; from < count; from += AT_ONCE) {
        IntStream.range(from, Math.min(count, from + AT_ONCE))
            .parallel()
            .mapToObj(maker)
            .map(this::withImage)
            .toList()
            .forEach(writer::write);
      }
      writer.commit();
    } catch (UncheckedIOException e) {
      throw new BadInputException(
          out + " cannot be written: " + e.getMessage() + "; make room and start again", e);
    }
  }

  void questions(String name, List<HeldOutQuestion> questions) {
    atomically(
        name,
        writer -> {
          for (HeldOutQuestion question : questions) {
            ObjectNode node = json.createObjectNode();
            node.put("question_id", question.id());
            node.put("task", question.task());
            node.put("split", question.split().word());
            node.put("kind", question.kind().word());
            if (question.image().isPresent()) {
              String file = "heldout/" + question.id() + ".png";
              save(question.image().get(), out.resolve(file));
              node.put("image", file);
            }
            node.put("text", question.text());
            ArrayNode answers = node.putArray("answers");
            question.answers().forEach(answers::add);
            writer.write(json.writeValueAsString(node));
            writer.write('\n');
          }
        });
  }

  /// Whom the data come from, as their licences ask.
  void attribution(List<TinyPackage> packages) {
    atomically(
        "ATTRIBUTION.md",
        writer -> {
          writer.write("# Where these data come from\n\n");
          writer.write("| package | version | licence | credit |\n|---|---|---|---|\n");
          for (TinyPackage one : packages) {
            writer.write(
                String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %s |%n",
                    one.pinned().name(),
                    one.pinned().version(),
                    one.pinned().licence(),
                    one.pinned().credit()));
          }
        });
  }

  /// What is written into a file.
  @FunctionalInterface
  private interface Content {
    void writeTo(BufferedWriter writer) throws IOException;
  }

  private void atomically(String name, Content content) {
    Path arriving = out.resolve(name + ".part");
    try {
      Files.createDirectories(out);
      try (BufferedWriter writer = Files.newBufferedWriter(arriving)) {
        content.writeTo(writer);
      }
      Files.move(arriving, out.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | UncheckedIOException e) {
      throw new BadInputException(
          out + " cannot be written: " + e.getMessage() + "; make room and start again", e);
    }
  }

  private Sample withImage(Made made) {
    made.image().ifPresent(image -> save(image, out.resolve(made.sample().image().orElseThrow())));
    progress.accept(done.incrementAndGet());
    return made.sample();
  }

  private static void save(BufferedImage image, Path file) {
    if (Files.exists(file)) {
      return;
    }
    try {
      Files.createDirectories(file.getParent());
      Path arriving = file.resolveSibling(file.getFileName() + ".part");
      ImageIO.write(image, "png", arriving.toFile());
      Files.move(arriving, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
