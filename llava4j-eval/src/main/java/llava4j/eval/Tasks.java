package llava4j.eval;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.eval.task.Answer;
import llava4j.eval.task.GqaTask;
import llava4j.eval.task.HeldOutTask;
import llava4j.eval.task.LlavaBenchTask;
import llava4j.eval.task.MmBenchTask;
import llava4j.eval.task.MmVetTask;
import llava4j.eval.task.MmeTask;
import llava4j.eval.task.PopeTask;
import llava4j.eval.task.QuestionImage;
import llava4j.eval.task.ScienceQaTask;
import llava4j.eval.task.SeedTask;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import llava4j.eval.task.TextVqaTask;
import llava4j.eval.task.VizWizTask;
import llava4j.eval.task.Vqav2Task;

/// Opens benchmarks in the layout of LLaVA's evaluation archive: one folder per benchmark.
public final class Tasks {
  private Tasks() {}

  /// Reports missing images before a model is loaded.
  public static void requireImages(Task task) {
    List<QuestionImage> missing =
        task.questions().stream()
            .flatMap(question -> question.images().stream())
            .filter(image ->
                image instanceof QuestionImage.InFile(Path path) && !Files.isRegularFile(path))
            .distinct()
            .toList();
    if (!missing.isEmpty()) {
      throw new BadInputException(
          task.name().title()
              + " lacks "
              + missing.size()
              + " image(s), the first of them "
              + missing.getFirst().name()
              + "; "
              + task.missing(missing.getFirst()));
    }
  }

  /// @param data folder of `pope`, `MME`, `textvqa` and so on, as in LLaVA's `playground/data/eval`
  public static Task open(TaskName name, Path data) {
    return switch (name) {
      case VQAV2 -> Vqav2Task.in(data.resolve("vqav2"));
      case GQA -> GqaTask.in(data.resolve("gqa"));
      case VIZWIZ -> VizWizTask.in(data.resolve("vizwiz"));
      case SCIENCEQA -> ScienceQaTask.in(data.resolve("scienceqa"));
      case TEXTVQA -> TextVqaTask.in(data.resolve("textvqa"));
      case POPE -> PopeTask.in(data.resolve("pope"));
      case MME -> MmeTask.in(data.resolve("MME"));
      case MMBENCH -> MmBenchTask.english(data.resolve("mmbench"));
      case MMBENCH_CN -> MmBenchTask.chinese(data.resolve("mmbench_cn"));
      case SEED -> SeedTask.in(data.resolve(SeedTask.FOLDER));
      case LLAVABENCH -> new LlavaBenchTask(data.resolve("llava-bench-in-the-wild"));
      case MMVET -> new MmVetTask(data.resolve("mm-vet"));
      case HELD_OUT -> HeldOutTask.in(data);
    };
  }

  /// Fails if the right answers should be here but some are missing; checks it by scoring empty
  /// answers.
  public static void requireTruth(Task task) {
    task.score(
        task.questions().stream()
            .map(question -> new Answer(question.id(), task.storedPrompt(question), ""))
            .toList());
  }
}
