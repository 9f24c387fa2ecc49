package llava4j.eval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import llava4j.eval.task.PopeTask;
import llava4j.eval.task.Question;

/// A POPE of our own, a stand-in for a model, and a process that asks one.
final class MiniPope {
  private static final List<String> SPLITS = List.of("adversarial", "random", "popular");

  private MiniPope() {}

  /// Writes the benchmark's files. Three questions about each image.
  static PopeTask write(Path folder, int questions) throws IOException {
    Files.createDirectories(folder.resolve("coco"));
    StringBuilder asked = new StringBuilder();
    for (String split : SPLITS) {
      StringBuilder labels = new StringBuilder();
      int number = SPLITS.indexOf(split);
      for (int i = number; i < questions; i += SPLITS.size()) {
        labels
            .append("{\"question_id\":")
            .append(i + 1)
            .append(",\"label\":\"")
            .append(i % 2 == 0 ? "yes" : "no")
            .append("\"}\n");
      }
      Files.writeString(folder.resolve("coco/coco_pope_" + split + ".json"), labels);
    }
    for (int i = 0; i < questions; i++) {
      asked
          .append("{\"question_id\":")
          .append(i + 1)
          .append(",\"image\":\"")
          .append(i * 7 % Math.max(1, questions / 3))
          .append(".png\",\"text\":\"Is there a thing")
          .append("!".repeat(i % 5))
          .append("\",\"category\":\"")
          .append(SPLITS.get(i % SPLITS.size()))
          .append("\"}\n");
    }
    Files.writeString(folder.resolve("llava_pope_test.jsonl"), asked);
    return task(folder);
  }

  static PopeTask task(Path folder) {
    return new PopeTask(folder.resolve("llava_pope_test.jsonl"), folder.resolve("coco"), folder);
  }

  /// Says yes to every third question.
  static Answerer answerer(List<Question> asked) {
    return questions -> {
      asked.addAll(questions);
      return questions.stream().map(question -> question.number() % 3 == 0 ? "Yes" : "No").toList();
    };
  }

  /// Starts a run in a process of its own that takes its time.
  static Process process(Path data, Path out) throws IOException {
    return new ProcessBuilder(
            System.getProperty("java.home") + "/bin/java",
            "-cp",
            System.getProperty("java.class.path"),
            MiniPope.class.getName(),
            data.toString(),
            out.toString())
        .redirectErrorStream(true)
        .start();
  }

  public static void main(String[] arguments) {
    PopeTask task = task(Path.of(arguments[0]));
    List<Question> asked = new ArrayList<>();
    Answerer slow =
        questions -> {
          try {
            TimeUnit.MILLISECONDS.sleep(20);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return answerer(asked).answer(questions);
        };
    new EvalRun(task, EvalRunTest.settings(task, "m"), Path.of(arguments[1]), Shard.whole(), 4)
        .run(slow, (_, _) -> {});
    System.out.println("asked " + asked.size());
  }
}
