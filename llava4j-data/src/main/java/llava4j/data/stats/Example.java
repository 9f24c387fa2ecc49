package llava4j.data.stats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import llava4j.data.ImagePath;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.error.BadInputException;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;

/// An example sample on the page.
///
/// @param images folder that the image paths are relative to
/// @param decoding options for decoding images
record Example(Path images, DecodeOptions decoding, Sample sample) {
  private static final int MOST_TURNS = 8;
  private static final int MOST_LETTERS = 400;

  /// The values for the page's template.
  Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("id", PageText.of(sample.id(), MOST_LETTERS));
    values.put("path", sample.image().map(path -> PageText.of(path, MOST_LETTERS)).orElse(""));
    values.put("picture", null);
    values.put("trouble", null);
    sample.image().ifPresent(path -> addImage(path, values));
    List<Map<String, Object>> turns = new ArrayList<>();
    for (Turn turn : sample.turns().subList(0, Math.min(MOST_TURNS, sample.turns().size()))) {
      turns.add(
          Map.of(
              "who", turn.speaker().name().toLowerCase(Locale.ROOT),
              "text", PageText.of(turn.text(), MOST_LETTERS)));
    }
    values.put("turns", turns);
    int more = sample.turns().size() - turns.size();
    values.put("more", more == 0 ? null : more + " more turns");
    return values;
  }

  private void addImage(String path, Map<String, Object> values) {
    try {
      Path file = new ImagePath(images).resolve(path);
      if (Files.isRegularFile(file)) {
        values.put(
            "picture",
            InlineImage.of(
                ImageDecoder.decode(Files.readAllBytes(file), file.toString(), decoding).image()));
      } else {
        values.put("trouble", "the image does not exist");
      }
    } catch (InvalidPathException | IOException | BadInputException e) {
      values.put("trouble", "the image cannot be read");
    }
  }
}
