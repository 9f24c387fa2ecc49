package llava4j.eval;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import llava4j.eval.task.Question;
import llava4j.eval.task.QuestionImage;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;

/// Example questions of a report, from all over the benchmark, with small images: some right
/// answers and some wrong ones, or any if no rule decides here what is right.
final class CaseCards {
  private static final int EACH = 20;
  private static final int SIDE = 220; // pixels

  private CaseCards() {}

  static List<Map<String, Object>> of(EvalResult result) {
    List<CaseMark> marks = CaseMark.all(result);
    Map<String, List<Integer>> byKind = new LinkedHashMap<>();
    CaseMark.KINDS.forEach(kind -> byKind.put(kind, new ArrayList<>()));
    for (int i = 0; i < marks.size(); i++) {
      byKind.get(marks.get(i).kind()).add(i);
    }
    List<Map<String, Object>> cases = new ArrayList<>();
    byKind
        .values()
        .forEach(numbers ->
            spread(numbers).forEach(number -> cases.add(of(result, number, marks.get(number)))));
    return cases;
  }

  private static List<Integer> spread(List<Integer> numbers) {
    List<Integer> some = new ArrayList<>();
    int count = Math.min(EACH, numbers.size());
    for (int i = 0; i < count; i++) {
      some.add(numbers.get(Math.toIntExact((long) i * numbers.size() / count)));
    }
    return some;
  }

  static Map<String, Object> of(EvalResult result, int number, CaseMark mark) {
    Question question = result.task().questions().get(number);
    DecodeOptions decoding =
        DecodeOptions.reference().withMaxPixels(result.settings().asked().maxPixels());
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("kind", mark.kind());
    one.put("mark", mark.text());
    one.put("image", question.image().map(image -> thumbnail(image, decoding)).orElse(null));
    one.put("category", question.category());
    one.put("question", question.text());
    one.put("said", result.answers().get(number).text());
    one.put("label", mark.label());
    one.put("truth", mark.truth());
    return one;
  }

  private static String thumbnail(QuestionImage image, DecodeOptions decoding) {
    RgbImage decoded = ImageDecoder.decode(image.read(), image.name(), decoding).image();
    double scale = Math.min(1, (double) SIDE / Math.max(decoded.width(), decoded.height()));
    int width = Math.max(1, (int) (decoded.width() * scale));
    int height = Math.max(1, (int) (decoded.height() * scale));
    BufferedImage small = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = small.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.drawImage(whole(decoded), 0, 0, width, height, null);
    graphics.dispose();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(small, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private static BufferedImage whole(RgbImage image) {
    BufferedImage drawn =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    byte[] rgb = image.pixels(); // [height, width, 3]
    for (int pixel = 0; pixel < rgb.length / 3; pixel++) {
      int value =
          (rgb[3 * pixel] & 0xFF) << 16
              | (rgb[3 * pixel + 1] & 0xFF) << 8
              | (rgb[3 * pixel + 2] & 0xFF);
      drawn.setRGB(pixel % image.width(), pixel / image.width(), value);
    }
    return drawn;
  }
}
