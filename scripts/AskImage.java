import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import javax.imageio.ImageIO;

/// Asks the bundled model and draws what the terminal shows beside the images, for README.md:
///
///     java scripts/AskImage.java docs/ask.png
///
/// Commands are run from the checkout; standard error (the note about the bundled model) is left out.

private static final int WIDTH = 1460;
private static final int ROW = 150;
private static final int MARGIN = 30;

/// A question as somebody would type it.
record Question(String image, String words, List<String> options) {
  List<String> command() {
    List<String> command = new ArrayList<>(List.of("./llava", "ask"));
    command.addAll(options);
    command.addAll(List.of("examples/images/" + image, words));
    return command;
  }

  String typed() {
    return "./llava ask %sexamples/images/%s \"%s\""
        .formatted(options.isEmpty() ? "" : String.join(" ", options) + " ", image, words);
  }
}

void main(String[] arguments) throws Exception {
  List<Question> questions =
      List.of(
          new Question("penguin.png", "What is in this image?", List.of()),
          new Question("hamburger.png", "What is this?", List.of("--answer", "short")),
          new Question("moon.png", "Is there an elephant in the image?", List.of("--answer", "short")));
  BufferedImage image =
      new BufferedImage(WIDTH, ROW * questions.size() + 2 * MARGIN, BufferedImage.TYPE_INT_RGB);
  Graphics2D graphics = image.createGraphics();
  graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
  graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
  graphics.setColor(new Color(0x1b1f24));
  graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
  graphics.setFont(new Font("DejaVu Sans Mono", Font.PLAIN, 22));
  for (int i = 0; i < questions.size(); i++) {
    draw(graphics, questions.get(i), MARGIN + i * ROW);
  }
  graphics.dispose();
  if (!ImageIO.write(image, "png", new File(arguments[0]))) {
    throw new IOException("no PNG can be written here");
  }
}

void draw(Graphics2D graphics, Question question, int top) throws Exception {
  int side = ROW - 22;
  BufferedImage image = ImageIO.read(new File("examples/images/" + question.image()));
  graphics.drawImage(image, MARGIN, top + 11, side, side, null);
  int left = MARGIN + side + 30;
  graphics.setColor(new Color(0x7ee787));
  graphics.drawString("$", left, top + 65);
  graphics.setColor(new Color(0xe6edf3));
  graphics.drawString(question.typed(), left + 28, top + 65);
  graphics.setColor(new Color(0xffd580));
  graphics.drawString(answer(question), left + 28, top + 105);
}

String answer(Question question) throws Exception {
  Process process =
      new ProcessBuilder(question.command()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  String answer = new String(process.getInputStream().readAllBytes()).strip();
  if (process.waitFor() != 0) {
    throw new IOException(question.typed() + " failed");
  }
  System.out.println(question.typed() + "\n" + answer);
  return answer;
}
