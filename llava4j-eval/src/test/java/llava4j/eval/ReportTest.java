package llava4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import llava4j.eval.task.Answer;
import llava4j.eval.task.PopeTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
  @TempDir Path folder;

  @Test
  void pageMarkdownAndJsonTellEverything() throws IOException {
    PopeTask task = MiniPope.write(folder.resolve("data"), 30);
    for (int i = 0; i < 10; i++) {
      ImageIO.write(
          new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB),
          "png",
          folder.resolve("data/" + i + ".png").toFile());
    }
    RunSettings settings = EvalRunTest.settings(task, "abc");
    new EvalRun(task, settings, folder, Shard.whole(), 4)
        .run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {});
    List<Answer> answers = EvalRun.collect(task, folder, settings, 1);
    EvalResult result = new EvalResult(task, settings, answers, task.score(answers));
    Path page = new EvalReport(List.of(result), List.of(result)).write(folder);
    String html = Files.readString(page);
    assertThat(html)
        .contains("POPE, mean F1", "abc", "data:image/png;base64,", "case right", "case wrong")
        .contains("1.000") // against itself
        .doesNotContain("src=\"http", "href=\"http", "{{");
    String markdown = Files.readString(folder.resolve("report.md"));
    assertThat(markdown).contains("| POPE, mean F1 | mean F1 |", "weights (fingerprint): abc");
    JsonNode json = new JsonMapper().readTree(Files.readString(folder.resolve("report.json")));
    assertThat(json.path(0).path("value").asDouble())
        .isEqualTo(result.score().orElseThrow().value());
    assertThat(json.path(0).path("questions").asInt()).isEqualTo(30);
  }

  @Test
  void intervalHoldsTheTruthAndSignificanceTellsModelsApart() {
    Bootstrap bootstrap = new Bootstrap(1000);
    SplittableRandom random = new SplittableRandom(1);
    int held = 0;
    for (int trial = 0; trial < 100; trial++) {
      Bootstrap.Interval interval = bootstrap.interval(coins(0.7, 200, random));
      held += interval.low() <= 0.7 && 0.7 <= interval.high() ? 1 : 0;
    }
    assertThat(held).isBetween(88, 100);
    List<Double> good = coins(0.8, 400, random);
    assertThat(bootstrap.pairedSignificance(good, coins(0.5, 400, random))).isLessThan(0.01);
    assertThat(bootstrap.pairedSignificance(good, good)).isEqualTo(1);
  }

  private static List<Double> coins(double chance, int count, SplittableRandom random) {
    List<Double> coins = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      coins.add(random.nextDouble() < chance ? 1.0 : 0.0);
    }
    return coins;
  }
}
