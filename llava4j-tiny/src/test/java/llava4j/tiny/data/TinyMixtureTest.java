package llava4j.tiny.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import llava4j.data.Sample;
import llava4j.data.SampleFile;
import llava4j.data.Turn.Speaker;
import llava4j.data.mixture.rule.PaddedBox;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The whole mixture, from material of our own.
class TinyMixtureTest {
  private static final TinyMixture.Settings SETTINGS =
      new TinyMixture.Settings(3, 30, 40, 20, 120, 60, 4, false);

  @TempDir private Path folder;

  @Test
  void writesSamplesThatTrainingReadsWithTheirImages() {
    AtomicLong heard = new AtomicLong();
    mixture().write(folder, heard::set);
    assertThat(heard).hasValue(270);
    for (String name :
        List.of("pairs.json", "captions.json", "lessons.json", "instructions.json", "texts.json")) {
      try (SampleFile samples = SampleFile.open(folder.resolve(name))) {
        assertThat(samples.size()).isIn(30, 40, 20, 120, 60);
        int images = 0;
        for (int i = 0; i < samples.size(); i++) {
          requireSound(samples.get(i));
          images += samples.get(i).image().isPresent() ? 1 : 0;
        }
        // some of the instructions are texts
        assertThat(images)
            .as(name)
            .isEqualTo(
                Map.of(
                        "pairs.json", 30,
                        "captions.json", 40,
                        "lessons.json", 20,
                        "instructions.json", 112)
                    .getOrDefault(name, 0));
      }
    }
  }

  private void requireSound(Sample sample) {
    sample.image().ifPresent(image -> assertThat(folder.resolve(image)).isRegularFile());
    assertThat(sample.turns()).isNotEmpty();
    for (int i = 0; i < sample.turns().size(); i++) {
      assertThat(sample.turns().get(i).speaker())
          .isEqualTo(i % 2 == 0 ? Speaker.HUMAN : Speaker.GPT);
      assertThat(sample.turns().get(i).text())
          .isNotBlank()
          .doesNotContain("{thing", "{a}", "{word");
    }
    long places = sample.turns().stream().filter(turn -> turn.text().contains("<image>")).count();
    assertThat(places).isEqualTo(sample.image().isPresent() ? 1 : 0);
    assertThat(sample.turns().size() % 2).isZero();
  }

  @Test
  void pairsOfSeveralThingsAskForEachByItsPlace() throws IOException {
    mixture().write(folder, _ -> {});
    int regions = 0;
    for (JsonNode sample :
        new JsonMapper().readTree(Files.readString(folder.resolve("pairs.json")))) {
      JsonNode turns = sample.path("conversations");
      List<String> all = List.of(turns.path(1).path("value").asString().split(", ", -1));
      for (int i = 2; i < turns.size(); i += 2) {
        assertThat(PaddedBox.find(turns.path(i).path("value").asString())).isPresent();
        // the thing, sometimes its kind behind it
        assertThat(all).contains(turns.path(i + 1).path("value").asString().split(", ", -1)[0]);
        regions++;
      }
    }
    assertThat(regions).isPositive();
  }

  @Test
  void heldOutQuestionsHaveOneAnswerEachAndTheirOwnImages() throws IOException {
    mixture().write(folder, _ -> {});
    Set<String> ids = new HashSet<>();
    Set<String> tasks = new HashSet<>();
    for (String line : Files.readAllLines(folder.resolve("heldout.jsonl"))) {
      JsonNode node = new JsonMapper().readTree(line);
      assertThat(ids.add(node.path("question_id").asString())).isTrue();
      tasks.add(node.path("task").asString());
      assertThat(folder.resolve(node.path("image").asString())).isRegularFile();
      assertThat(node.path("answers").size()).isEqualTo(1);
      assertThat(node.path("answers").path(0).asString()).isNotBlank();
    }
    assertThat(tasks)
        .containsExactlyInAnyOrder(
            "vqa",
            "choice",
            "yesno",
            "short",
            "free",
            "json",
            "language",
            "count",
            "word",
            "box",
            "digits");
  }

  @Test
  void theSameSeedMakesTheSameFilesAndAnotherOthers() throws IOException {
    mixture().write(folder.resolve("a"), _ -> {});
    mixture().write(folder.resolve("b"), _ -> {});
    for (String name : List.of("instructions.json", "heldout.jsonl", "texts.json")) {
      assertThat(folder.resolve("a").resolve(name))
          .hasSameBinaryContentAs(folder.resolve("b").resolve(name));
    }
    assertThat(folder.resolve("a/instructions/conversation-000007.png"))
        .hasSameBinaryContentAs(folder.resolve("b/instructions/conversation-000007.png"));
  }

  @Test
  void everyPackageIsCredited() throws IOException {
    mixture().write(folder, _ -> {});
    String attribution = Files.readString(folder.resolve("ATTRIBUTION.md"));
    for (TinyPackage one : TinyPackage.values()) {
      assertThat(one.pinned().digest()).matches("[0-9a-f]{64}");
      if (!one.isCopyleft()) {
        assertThat(attribution).contains(one.pinned().name(), one.pinned().licence());
      }
    }
  }

  @Test
  void copyleftIsOnlyForWhoAsksForIt() throws IOException {
    mixture(SETTINGS).write(folder.resolve("clean"), _ -> {});
    mixture(SETTINGS.withCopyleft(true)).write(folder.resolve("shared"), _ -> {});
    assertThat(folder.resolve("clean/ATTRIBUTION.md")).content().doesNotContain("CC BY-SA");
    assertThat(folder.resolve("shared/ATTRIBUTION.md")).content().contains("CC BY-SA", "OpenMoji");
    assertThat(folder.resolve("shared/mixture.txt")).content().contains("with copyleft");
    assertThat(TinyPackage.wanted(false)).isNotEmpty().noneMatch(TinyPackage::isCopyleft);
    assertThat(TinyPackage.wanted(false))
        .extracting(one -> one.pinned().licence())
        .noneMatch(licence -> licence.matches(".*(GPL|-SA|ODbL).*"));
  }

  @Test
  void aConversationAsksNothingTwiceAndMostlyTellsLast() throws IOException {
    mixture(SETTINGS).write(folder, _ -> {});
    int conversations = 0;
    int jsonFirst = 0;
    for (JsonNode sample :
        new JsonMapper().readTree(Files.readString(folder.resolve("instructions.json")))) {
      List<String> questions = new ArrayList<>();
      for (int i = 0; i < sample.path("conversations").size(); i += 2) {
        questions.add(
            sample.path("conversations").path(i).path("value").asString().replace("<image>", ""));
      }
      assertThat(questions).doesNotHaveDuplicates();
      assertThat(boxes(sample.path("conversations"))).doesNotHaveDuplicates();
      if (questions.size() > 1 && sample.has("image")) {
        conversations++;
        jsonFirst += questions.getFirst().contains("JSON") ? 1 : 0;
      }
    }
    assertThat(conversations).isGreaterThan(60);
    assertThat(jsonFirst).isLessThan(conversations / 8);
  }

  private static List<String> boxes(JsonNode turns) {
    List<String> boxes = new ArrayList<>();
    for (int i = 1; i < turns.size(); i += 2) {
      if (turns.path(i).path("value").asString().startsWith("[0")) {
        boxes.add(turns.path(i).path("value").asString());
      }
    }
    return boxes;
  }

  @Test
  void lessonsAskOneQuestionAImage() throws IOException {
    mixture(SETTINGS).write(folder, _ -> {});
    int whether = 0;
    int which = 0;
    int where = 0;
    int described = 0;
    for (JsonNode sample :
        new JsonMapper().readTree(Files.readString(folder.resolve("lessons.json")))) {
      JsonNode turns = sample.path("conversations");
      String question = turns.path(0).path("value").asString();
      String answer = turns.path(1).path("value").asString();
      if (question.contains("Describe the picture briefly.")) {
        described++;
      } else {
        assertThat(turns.size()).isEqualTo(2);
        boolean box = question.contains("bounding box");
        assertThat(answer).matches(box ? "\\[[0-9., ]+\\]" : "Yes|No|[A-D]|[a-z0-9 ]+");
        where += box ? 1 : 0;
        whether += answer.matches("Yes|No") ? 1 : 0;
        which += answer.matches("[A-D]") ? 1 : 0;
      }
    }
    assertThat(List.of(whether, which, where, described)).containsExactly(5, 8, 4, 3);
  }

  private static TinyMixture mixture() {
    return mixture(SETTINGS);
  }

  private static TinyMixture mixture(TinyMixture.Settings settings) {
    Material material = SomeMaterial.material();
    Phrases phrases = Phrases.bundled();
    Facts facts = new Facts(phrases, material.concepts(Split.TRAIN));
    Texts texts =
        new Texts(
            phrases,
            List.of(new Glosses.Meaning("ship", "a large boat", Optional.of("vessel"))),
            material.concepts(Split.TRAIN),
            SomeMaterial.meanings(),
            List.of("Call me Ishmael. Some years ago I thought that I would sail about a little."));
    SceneMaker scenes = new SceneMaker(material);
    Exchanges exchanges = new Exchanges(phrases, facts, SomeMaterial.referring());
    return new TinyMixture(
        scenes, exchanges, texts, new ToldScenes(phrases, scenes, exchanges), facts, settings);
  }

  @Test
  void aFolderWithAnotherMixtureIsRefused() {
    mixture().write(folder, _ -> {});
    mixture().write(folder, _ -> {}); // the same again is nothing new
    assertThatThrownBy(() -> mixture(SETTINGS.withSeed(4)).write(folder, _ -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("another mixture", "seed 3", "seed 4", "name another folder");
  }
}
