package llava4j.experiment.miniature;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.data.mixture.SampleWriter;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;
import tools.jackson.databind.json.JsonMapper;

/// Coloured shapes on coloured ground, a few samples of each kind. Nothing can be learned from it.
public final class Miniature {
  private static final int SIDE = 60;
  private static final int COUNT = 24;
  private static final String CHOICE =
      "What is this?\nA. circle\nB. square\n" + FormatPrompt.LETTER;
  private static final List<String> SHAPES = List.of("circle", "square");
  private static final Map<String, Color> COLORS =
      Map.of("red", Color.RED, "green", Color.GREEN, "blue", Color.BLUE);
  private static final List<String> NAMES = List.of("red", "green", "blue");

  private final Path out;

  private Miniature(Path out) {
    this.out = out;
  }

  /// Writes the files below a folder, if they are not there.
  ///
  /// @throws BadInputException if they cannot be written
  public static void write(Path out) {
    Path last = out.resolve("heldout.jsonl");
    if (!Files.exists(last)) {
      new Miniature(out).write();
    }
  }

  private void write() {
    samples("pairs", "pairs.json", Miniature::pair);
    samples("captions", "captions.json", Miniature::caption);
    samples("lessons", "lessons.json", Miniature::lesson);
    samples("instructions", "instructions.json", Miniature::instruction);
    samples("", "texts.json", Miniature::text);
    StringBuilder lines = new StringBuilder();
    int number = 0;
    for (Held held : HELD) {
      String id = held.task() + "-new-style-" + number;
      String image = image("heldout", id, number++);
      lines.append(
          new JsonMapper()
              .writeValueAsString(
                  Map.of(
                      "question_id", id,
                      "task", held.task(),
                      "split", "new-style",
                      "kind", held.task(),
                      "image", image,
                      "text", held.text(),
                      "answers", List.of(held.answer()))));
      lines.append('\n');
    }
    AtomicFile.writeText(out.resolve("heldout.jsonl"), lines.toString());
  }

  private record Held(String task, String text, String answer) {}

  private static final List<Held> HELD =
      List.of(
          new Held("vqa", "What color is it?\n" + FormatPrompt.SHORT, "red"),
          new Held("short", "What is this?\n" + FormatPrompt.SHORT, "square"),
          new Held("free", "What is this?", "Square"),
          new Held("yesno", "Is there a circle?\n" + FormatPrompt.SHORT, "No"),
          new Held(
              "choice",
              "What is this?\nA. circle\nB. square\nC. star\nD. cross\n" + FormatPrompt.LETTER,
              "B"),
          new Held("word", "What is written here?\n" + FormatPrompt.SHORT, "red"),
          new Held("box", FormatPrompt.box("a square."), "[0.20, 0.20, 0.80, 0.80]"),
          new Held("language", "Was ist das?", "Quadrat"));

  /// Makes the turns of a sample.
  @FunctionalInterface
  private interface Conversation {
    List<Turn> of(int number);
  }

  private void samples(String folder, String file, Conversation conversation) {
    try (SampleWriter writer = SampleWriter.open(out.resolve(file))) {
      for (int i = 0; i < COUNT; i++) {
        String id = file.replace(".json", "-") + i;
        Optional<String> image =
            folder.isEmpty() ? Optional.empty() : Optional.of(image(folder, id, i));
        writer.write(new Sample(id, image, conversation.of(i)));
      }
      writer.commit();
    }
  }

  private String image(String folder, String id, int number) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(COLORS.get(NAMES.get((number + 1) % NAMES.size())));
    graphics.fillRect(0, 0, SIDE, SIDE);
    graphics.setColor(COLORS.get(color(number)));
    if (shape(number).equals("circle")) {
      graphics.fillOval(SIDE / 5, SIDE / 5, SIDE * 3 / 5, SIDE * 3 / 5);
    } else {
      graphics.fillRect(SIDE / 5, SIDE / 5, SIDE * 3 / 5, SIDE * 3 / 5);
    }
    graphics.dispose();
    String name = folder + "/" + id + ".png";
    try {
      Files.createDirectories(out.resolve(folder));
      ImageIO.write(image, "png", out.resolve(name).toFile());
      return name;
    } catch (IOException e) {
      throw new BadInputException(out + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static String color(int number) {
    return NAMES.get(number % NAMES.size());
  }

  private static String shape(int number) {
    return SHAPES.get(number % SHAPES.size());
  }

  private static List<Turn> pair(int number) {
    return asked("<image>\nDescribe the picture briefly.", color(number) + " " + shape(number));
  }

  private static List<Turn> caption(int number) {
    return asked("<image>\nDescribe the picture briefly.", sentence(number));
  }

  private static List<Turn> lesson(int number) {
    return number / 2 % 2 == 0
        ? asked("<image>\nIs there a circle?\n" + FormatPrompt.SHORT, yes(number))
        : asked("<image>\n" + CHOICE, letter(number));
  }

  private static List<Turn> instruction(int number) {
    List<Turn> turns = new ArrayList<>();
    turns.addAll(asked("<image>\nWhat color is it?\n" + FormatPrompt.SHORT, color(number)));
    turns.addAll(asked("Describe the picture in detail.", sentence(number)));
    turns.addAll(asked(FormatPrompt.box("a " + shape(number) + "."), "[0.20, 0.20, 0.80, 0.80]"));
    turns.addAll(asked(CHOICE, letter(number)));
    turns.addAll(asked("What is written here?\n" + FormatPrompt.SHORT, color(number)));
    turns.addAll(asked("Was ist das?", letter(number).equals("A") ? "Kreis" : "Quadrat"));
    return turns;
  }

  private static List<Turn> text(int number) {
    return number % 2 == 0
        ? asked("Translate " + shape(number) + " into German.", "Kreis")
        : asked("Say something about a " + shape(number) + ".", sentence(number));
  }

  private static String sentence(int number) {
    return String.format(
        Locale.ROOT, "This is a %s %s in the middle.", color(number), shape(number));
  }

  private static String yes(int number) {
    return shape(number).equals("circle") ? "Yes" : "No";
  }

  private static String letter(int number) {
    return shape(number).equals("circle") ? "A" : "B";
  }

  private static List<Turn> asked(String question, String answer) {
    return List.of(new Turn(Speaker.HUMAN, question), new Turn(Speaker.GPT, answer));
  }
}
