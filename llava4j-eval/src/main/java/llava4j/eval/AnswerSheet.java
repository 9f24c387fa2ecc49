package llava4j.eval;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;

/// A page with randomly selected questions, their images and the model's answers, right, wrong or
/// not decided here.
///
/// @param count number of questions
/// @param seed random seed of the selection
public record AnswerSheet(EvalResult result, int count, long seed) {
  private static final String PAGE = "sheet.html.mustache";

  /// Writes the page.
  public void write(Path file) {
    List<CaseMark> marks = CaseMark.all(result);
    List<Integer> numbers = new ArrayList<>(IntStream.range(0, marks.size()).boxed().toList());
    Collections.shuffle(numbers, new Random(seed));
    List<Integer> picked = numbers.subList(0, Math.min(count, numbers.size()));
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", result.settings().asked().model());
    values.put("benchmark", result.task().name().title());
    values.put("count", picked.size());
    values.put("all", numbers.size());
    values.put("seed", seed);
    values.put("decided", picked.stream().noneMatch(number -> marks.get(number).isOpen()));
    values.put("right", picked.stream().filter(number -> marks.get(number).isRight()).count());
    values.put(
        "cases",
        picked.stream().map(number -> CaseCards.of(result, number, marks.get(number))).toList());
    try (Reader reader =
        new InputStreamReader(
            AnswerSheet.class.getResourceAsStream(PAGE), StandardCharsets.UTF_8)) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, Mustache.compiler().nullValue("").compile(reader).execute(values));
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be written: " + e.getMessage(), e);
    }
  }
}
