package llava4j.tiny.data;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Material of our own for tests: blobs for drawings, stripes for handwriting, the JVM's font.
final class SomeMaterial {
  private static final List<String> NAMES =
      List.of(
          "cat", "dog", "owl", "ant", "fox", "car", "bus", "ship", "plane", "truck", "apple",
          "pear", "plum", "fig", "lime", "hammer", "saw", "axe", "drill", "wrench");
  private static final List<String> KINDS = List.of("animal", "vehicle", "fruit", "tool");

  private SomeMaterial() {}

  static Material material() {
    List<Drawing> drawings = new ArrayList<>();
    for (Concept concept : concepts()) {
      for (Style style : List.of(Style.NOTO, Style.TABLER, Style.TWITTER)) {
        drawings.add(new Drawing(concept, style, blob(concept.name().hashCode())));
      }
    }
    Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
    List<String> words = new ArrayList<>();
    for (char a = 'a'; a <= 'z'; a++) {
      words.add("b" + a + "t");
    }
    return new Material(
        drawings,
        new Handwriting(sheet()),
        new Lettering(List.of(font), font.deriveFont(Font.BOLD), words, 100));
  }

  static List<Concept> concepts() {
    List<Concept> concepts = new ArrayList<>();
    for (int i = 0; i < NAMES.size(); i++) {
      concepts.add(
          new Concept(
              NAMES.get(i),
              Noun.COUNTED,
              KINDS.get(i / 5),
              List.of(),
              Set.of(NAMES.get(i)),
              Map.of("de", "Wort" + i)));
    }
    return concepts;
  }

  static Map<String, Glosses.Meaning> meanings() {
    return Map.of(
        "cat", new Glosses.Meaning("cat", "a small animal that purrs", java.util.Optional.empty()));
  }

  static Referring referring() {
    return new Referring(Phrases.bundled(), meanings());
  }

  private static BufferedImage blob(int seed) {
    BufferedImage image = new BufferedImage(60, 50, BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(new Color(seed & 0xFFFFFF));
    graphics.fillOval(0, 0, 60, 50);
    graphics.dispose();
    return image;
  }

  private static BufferedImage sheet() {
    BufferedImage sheet = new BufferedImage(2000, 1000, BufferedImage.TYPE_BYTE_GRAY);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    for (int y = 0; y < 1000; y += 4) {
      graphics.drawLine(0, y, 2000, y);
    }
    graphics.dispose();
    return sheet;
  }
}
