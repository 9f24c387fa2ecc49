package llava4j.tiny.data;

import java.awt.Font;
import java.awt.FontFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import llava4j.error.BadInputException;

/// Fonts and words to print. One word in ten, and one font, are never trained on.
final class Lettering {
  private static final List<String> DEJAVU =
      List.of(
          "DejaVuSansCondensed.ttf",
          "DejaVuSansCondensed-Bold.ttf",
          "DejaVuSerifCondensed.ttf",
          "DejaVuSerifCondensed-Bold.ttf",
          "DejaVuSansMono-Oblique.ttf");
  private static final List<String> LIBERATION =
      List.of(
          "LiberationSans-Regular.ttf",
          "LiberationSans-Bold.ttf",
          "LiberationSans-Italic.ttf",
          "LiberationSerif-Regular.ttf",
          "LiberationSerif-Bold.ttf",
          "LiberationMono-Regular.ttf",
          "LiberationMono-Bold.ttf");
  private static final List<String> LATO =
      List.of("Lato-Regular.ttf", "Lato-Bold.ttf", "Lato-BlackItalic.ttf");
  private static final List<String> OPEN_SANS =
      List.of("OpenSans-Semibold.ttf", "OpenSans-CondBold.ttf", "OpenSans-ExtraBold.ttf");
  private static final List<String> ROBOTO =
      List.of(
          "RobotoCondensed-Regular.ttf",
          "RobotoCondensed-Bold.ttf",
          "RobotoTTF/Roboto-Medium.ttf",
          "RobotoTTF/Roboto-Black.ttf");
  private static final String RUDE =
      "ass|arse|butt|anus|tit|tits|boob|cock|dick|pussy|penis|vagina|vulva|rape|sex|slut|whore"
          + "|bitch|porn|nazi|nigger|negro|faggot|fag|turd|piss|shit|fuck|damn|hell|crap|semen|orgasm";
  private static final String HELD_OUT = "LiberationSansNarrow-Bold.ttf";

  private final List<Font> fonts;
  private final Font heldOut;
  private final List<String> words;
  private final List<String> heldOutWords;

  /// @param heldOut the font that is never trained on
  /// @param nouns lower-case, the commonest first
  /// @param most words that are printed
  Lettering(List<Font> fonts, Font heldOut, List<String> nouns, int most) {
    this.fonts = List.copyOf(fonts);
    this.heldOut = heldOut;
    List<String> readable =
        nouns.stream()
            .filter(noun -> noun.matches("[a-z]{3,5}") && !noun.matches(RUDE))
            .limit(most)
            .toList();
    this.words = readable.stream().filter(noun -> !isHeldOut(noun)).toList();
    this.heldOutWords = readable.stream().filter(Lettering::isHeldOut).toList();
  }

  /// The fonts of the unpacked packages.
  ///
  /// @param folders of the packages
  static Lettering in(Function<TinyPackage, Path> folders, List<String> nouns, int most) {
    Path liberation = folders.apply(TinyPackage.MORE_FONTS);
    List<Font> fonts = new ArrayList<>();
    DEJAVU.forEach(name -> fonts.add(font(folders.apply(TinyPackage.FONTS), "dejavu", name)));
    LIBERATION.forEach(name -> fonts.add(font(liberation, "liberation", name)));
    LATO.forEach(name -> fonts.add(font(folders.apply(TinyPackage.LATO), "lato", name)));
    OPEN_SANS.forEach(
        name -> fonts.add(font(folders.apply(TinyPackage.OPEN_SANS), "open-sans", name)));
    ROBOTO.forEach(
        name -> fonts.add(font(folders.apply(TinyPackage.ROBOTO), "roboto/unhinted", name)));
    return new Lettering(fonts, font(liberation, "liberation", HELD_OUT), nouns, most);
  }

  Font font(boolean ofHeldOut, RandomGenerator random) {
    return ofHeldOut ? heldOut : fonts.get(random.nextInt(fonts.size()));
  }

  /// A word in lower case.
  String word(boolean ofHeldOut, RandomGenerator random) {
    List<String> from = ofHeldOut ? heldOutWords : words;
    return from.get(random.nextInt(from.size()));
  }

  private static boolean isHeldOut(String noun) {
    return Hashing.share(noun, "word") < 0.1;
  }

  private static Font font(Path folder, String family, String name) {
    Path file = folder.resolve("usr/share/fonts/truetype").resolve(family).resolve(name);
    try {
      return Font.createFont(Font.TRUETYPE_FONT, file.toFile());
    } catch (IOException | FontFormatException e) {
      throw new BadInputException(
          file + " is no font: " + e.getMessage() + "; delete the unpacked folder", e);
    }
  }
}
