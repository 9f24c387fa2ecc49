package llava4j.eval.tiny;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.eval.Tasks;
import llava4j.eval.task.Answer;
import llava4j.eval.task.JudgedTask;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever is wrong with a benchmark's file, a sentence says so; nothing ends in a trace.
class MalformedFilesTest {
  private static final Pattern KEY = Pattern.compile("\"(\\w+)\":");

  @TempDir Path folder;

  @Test
  void everyFileOfEveryBenchmarkBrokenInManyWays() throws IOException {
    TinyBenchmarks.write(folder);
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(file -> file.toString().matches(".*\\.(jsonl?|tsv|txt|ipynb)")).toList();
    }
    assertThat(files).hasSizeGreaterThan(25);
    int refused = 0;
    List<String> traces = new ArrayList<>();
    for (Path file : files) {
      String whole = Files.readString(file);
      for (String broken : broken(whole)) {
        Files.writeString(file, broken);
        refused += goThrough(file, broken, traces) ? 0 : 1;
      }
      Files.delete(file);
      refused += goThrough(file, "no file", traces) ? 0 : 1;
      Files.writeString(file, whole);
    }
    assertThat(traces).isEmpty();
    assertThat(refused).isGreaterThan(3 * files.size());
    assertThat(goThrough(files.getFirst(), "all is whole again", traces)).isTrue();
  }

  private static List<String> broken(String whole) {
    List<String> broken =
        new ArrayList<>(
            List.of("", "\n", "{}", "[]", "null", "5", "[null]", "[5]", "garbage", "a\tb\n1\n"));
    broken.add(whole.substring(0, whole.length() / 2));
    SequencedSet<String> keys = new LinkedHashSet<>();
    Matcher matcher = KEY.matcher(whole.replaceAll("\\s", ""));
    while (matcher.find()) {
      keys.add(matcher.group(1));
    }
    for (String key : keys) {
      Pattern field = Pattern.compile("\"" + key + "\"\\s*:");
      broken.add(field.matcher(whole).replaceAll("\"x" + key + "\":"));
      broken.add(field.matcher(whole).replaceFirst("\"" + key + "\":{},\"y\":"));
      broken.add(field.matcher(whole).replaceFirst("\"" + key + "\":null,\"y\":"));
      broken.add(field.matcher(whole).replaceFirst("\"" + key + "\":\"?\",\"y\":"));
    }
    return broken;
  }

  /// @return whether nothing was wrong
  private boolean goThrough(Path broken, String with, List<String> traces) {
    boolean whole = true;
    for (TaskName name : TaskName.ofThePaper()) {
      try {
        Task task = Tasks.open(name, folder);
        Tasks.requireImages(task);
        List<Answer> answers =
            task.questions().stream()
                .map(question -> new Answer(question.id(), task.storedPrompt(question), "A"))
                .toList();
        if (task instanceof JudgedTask judged) {
          judged.requireJudgesFiles();
          assertThat(judged.references()).hasSameSizeAs(answers);
        }
        task.score(answers);
      } catch (BadInputException e) {
        whole = false;
        if (e.getMessage().lines().count() != 1) {
          traces.add(broken + " with " + with + ": " + e.getMessage());
        }
      } catch (RuntimeException e) {
        traces.add(name + ", " + broken + " with " + with + ": " + e);
      }
    }
    return whole;
  }
}
