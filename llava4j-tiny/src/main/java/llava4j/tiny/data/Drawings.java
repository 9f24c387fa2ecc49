package llava4j.tiny.data;

import com.github.weisj.jsvg.SVGDocument;
import com.github.weisj.jsvg.parser.LoaderContext;
import com.github.weisj.jsvg.parser.SVGLoader;
import com.github.weisj.jsvg.view.ViewBox;
import java.awt.Component;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// All drawings of all concepts, from every package, in memory.
final class Drawings {
  /// The longest side of a drawing in pixels.
  static final int SIDE = 104;

  private final List<Drawing> all = new ArrayList<>();
  private final List<Path> unreadable = new ArrayList<>();
  private final List<Concept> concepts;

  /// @param folders the unpacked packages; null for those that are not wanted
  Drawings(List<Concept> concepts, Function<TinyPackage, Path> folders) {
    this.concepts = concepts;
    addFiles(Style.NOTO, folders.apply(TinyPackage.EMOJI_NOTO), "package/img/google/64/%s.png");
    addFiles(
        Style.TWITTER, folders.apply(TinyPackage.EMOJI_TWITTER), "package/img/twitter/64/%s.png");
    addFiles(Style.FLUENT_3D, folders.apply(TinyPackage.FLUENT_3D), "package/assets/%s.webp");
    addIcons(Style.FLUENT_FLAT, folders.apply(TinyPackage.FLUENT_FLAT));
    addIcons(Style.NOTO_V1, folders.apply(TinyPackage.NOTO_V1));
    addIcons(Style.EMOJIONE, folders.apply(TinyPackage.EMOJIONE));
    addIcons(Style.FXEMOJI, folders.apply(TinyPackage.FXEMOJI));
    addIcons(Style.STREAMLINE, folders.apply(TinyPackage.STREAMLINE));
    addIcons(Style.ICON_PARK, folders.apply(TinyPackage.ICON_PARK));
    addIcons(Style.EMOJIONE_LINES, folders.apply(TinyPackage.EMOJIONE_LINES));
    addIcons(Style.FLUENT_LINES, folders.apply(TinyPackage.FLUENT_LINES));
    addIcons(Style.GAME_ICONS, folders.apply(TinyPackage.GAME_ICONS));
    addLines(folders.apply(TinyPackage.TABLER));
    addClipArt(folders.apply(TinyPackage.OPENCLIPART));
    if (folders.apply(TinyPackage.OPENMOJI) != null) {
      addIcons(Style.OPENMOJI, folders.apply(TinyPackage.OPENMOJI));
      addDrawnOnPaper(folders.apply(TinyPackage.ART4APPS));
    }
  }

  /// Every drawing, in a fixed order.
  List<Drawing> all() {
    return List.copyOf(all);
  }

  /// Files that could not be decoded and are left out.
  List<Path> unreadable() {
    return List.copyOf(unreadable);
  }

  private void addFiles(Style style, Path folder, String pattern) {
    for (Concept concept : concepts) {
      for (String code : concept.codes()) {
        Path file = folder.resolve(pattern.formatted(code));
        if (!Files.exists(file)) {
          file = folder.resolve(pattern.formatted(code.replace("-fe0f", "")));
        }
        if (Files.exists(file)) {
          add(concept, style, read(file));
        }
      }
    }
  }

  private void addIcons(Style style, Path folder) {
    JsonNode set = new JsonMapper().readTree(folder.resolve("package/icons.json"));
    Map<String, String> bodies = new HashMap<>();
    set.path("icons")
        .properties()
        .forEach(icon ->
            bodies.putIfAbsent(
                ConceptTable.slug(icon.getKey()), icon.getValue().path("body").asString()));
    int side = set.path("width").asInt();
    for (Concept concept : concepts) {
      concept.slugs().stream()
          .map(bodies::get)
          .filter(body -> body != null)
          .distinct()
          .forEach(body -> svg(body, side).ifPresent(image -> add(concept, style, image)));
    }
  }

  private void addLines(Path folder) {
    for (Concept concept : concepts) {
      for (String kind : List.of("outline", "filled")) {
        String name = concept.name().replace(' ', '-') + ".png";
        Path file = folder.resolve("package/icons").resolve(kind).resolve(name);
        if (Files.exists(file)) {
          add(concept, Style.TABLER, read(file));
        }
      }
    }
  }

  /// Images on white paper, in folders by kind, named by what they show.
  private void addDrawnOnPaper(Path folder) {
    Map<String, Path> byName = new TreeMap<>();
    for (Path file : filesBelow(folder, ".jpg")) {
      byName.putIfAbsent(file.getFileName().toString().replace(".jpg", ""), file);
    }
    for (Concept concept : concepts) {
      Path file = byName.get(concept.name().replace(' ', '_'));
      if (file != null) {
        add(concept, Style.ART4APPS, Trimming.withoutPaper(read(file)));
      }
    }
  }

  private static List<Path> filesBelow(Path folder, String ending) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// Clip art whose file name says no more than the thing's name, a number and initials.
  private void addClipArt(Path folder) {
    Map<String, List<Path>> byName = new LinkedHashMap<>();
    for (Path file : filesBelow(folder, ".png")) {
      String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
      String words = name.replace(".png", "").replaceAll("[^a-z]+", " ").strip();
      byName.computeIfAbsent(words, _ -> new ArrayList<>()).add(file);
    }
    for (Concept concept : concepts) {
      String wanted = concept.name() + "s?( [a-z]{1,2})?";
      byName.forEach((words, files) -> {
        if (words.matches(wanted)) {
          files.forEach(file -> addIfReadable(concept, file));
        }
      });
    }
  }

  /// A few of the many files are damaged.
  private void addIfReadable(Concept concept, Path file) {
    try {
      add(concept, Style.OPENCLIPART, read(file));
    } catch (BadInputException _) {
      unreadable.add(file);
    }
  }

  private void add(Concept concept, Style style, BufferedImage image) {
    Trimming.visible(image).ifPresent(cut -> all.add(new Drawing(concept, style, cut)));
  }

  /// Reads a drawing with its transparency.
  static BufferedImage read(Path file) {
    try {
      BufferedImage image = ImageIO.read(file.toFile());
      if (image == null) {
        throw new IOException("its format is not supported");
      }
      return image;
    } catch (IOException | RuntimeException e) {
      throw new BadInputException(
          file + " cannot be decoded (" + e.getMessage() + "); delete the unpacked folder", e);
    }
  }

  /// Rasterises an icon; empty if the icon uses what the rasteriser cannot do.
  private static Optional<BufferedImage> svg(String body, int side) {
    String text =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\""
            + " viewBox=\"0 0 %1$d %1$d\">%2$s</svg>".formatted(side, body);
    SVGDocument document =
        new SVGLoader()
            .load(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
                null,
                LoaderContext.createDefault());
    if (document == null) {
      return Optional.empty();
    }
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    document.render((Component) null, graphics, new ViewBox(SIDE, SIDE));
    graphics.dispose();
    return Optional.of(image);
  }
}
