package llava4j.eval.tiny;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import llava4j.error.BadInputException;
import llava4j.text.ResponseFormat;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes a miniature of every benchmark: our own drawings and questions, in the file formats of
/// the real benchmarks. It tests the code of every benchmark and does not measure a model.
public final class TinyBenchmarks {
  private static final List<String> LETTERS = List.of("A", "B", "C");
  private static final List<String> MME_TASKS =
      List.of(
          "existence",
          "count",
          "position",
          "color",
          "posters",
          "celebrity",
          "scene",
          "landmark",
          "artwork",
          "OCR",
          "commonsense_reasoning",
          "numerical_calculation",
          "text_translation",
          "code_reasoning");
  private static final List<String> SPLITS = List.of("adversarial", "random", "popular");

  private final JsonMapper json = new JsonMapper();
  private final List<ShapesImage> images = ShapesImage.all();
  private final Path data;

  private TinyBenchmarks(Path data) {
    this.data = data;
  }

  /// Writes all of them in the layout that [llava4j.eval.Tasks] opens.
  public static void write(Path data) {
    TinyBenchmarks tiny = new TinyBenchmarks(data);
    tiny.shortAnswers();
    tiny.yesOrNo();
    tiny.choices();
    tiny.mmBench("mmbench", "mmbench_dev_20230712.tsv");
    tiny.mmBench("mmbench_cn", "mmbench_dev_cn_20231003.tsv");
    tiny.open();
  }

  private void shortAnswers() {
    images("vqav2/test2015", "gqa/images", "vizwiz/test", "textvqa/train_images");
    List<ObjectNode> asked = new ArrayList<>();
    List<ObjectNode> blind = new ArrayList<>();
    List<ObjectNode> words = new ArrayList<>();
    ObjectNode gqa = json.createObjectNode();
    ArrayNode vqa = json.createArrayNode();
    ArrayNode text = json.createArrayNode();
    for (ShapesImage shapes : images) {
      String question = "What colour is the " + shapes.shapeWord() + "?";
      String id = String.valueOf(1000 + shapes.number());
      asked.add(question(1000 + shapes.number(), shapes, ResponseFormat.SHORT.applyTo(question)));
      blind.add(
          question(0, shapes, ResponseFormat.UNANSWERABLE.applyTo(question))
              .put("question_id", shapes.file()));
      words.add(
          question(0, shapes, ResponseFormat.SHORT.applyTo(question + "\nReference OCR token: "))
              .put("question_id", "scene-" + shapes.number()));
      ObjectNode truth = gqa.putObject(id);
      truth.put("question", question).put("imageId", "scene-" + shapes.number());
      truth.put("answer", shapes.colorWord()).put("isBalanced", true);
      truth.putObject("types").put("structural", "query").put("semantic", "attr");
      ArrayNode people =
          vqa.addObject().put("question_id", 1000 + shapes.number()).putArray("answers");
      ArrayNode readers =
          text.addObject()
              .put("image_id", "scene-" + shapes.number())
              .put("question", question)
              .putArray("answers");
      for (int person = 0; person < 10; person++) {
        String said = person < 8 ? shapes.colorWord() : "unanswerable";
        people.addObject().put("answer", said);
        readers.add(said);
      }
    }
    lines("vqav2/llava_vqav2_mscoco_test-dev2015.jsonl", asked);
    lines("vqav2/llava_vqav2_mscoco_test2015.jsonl", asked);
    tree("vqav2/annotations.json", json.createObjectNode().set("annotations", vqa));
    List<ObjectNode> texts = asked.stream().map(ObjectNode::deepCopy).toList();
    texts.forEach(node -> node.put("question_id", node.path("question_id").asString()));
    lines("gqa/llava_gqa_testdev_balanced.jsonl", texts);
    tree("gqa/testdev_balanced_questions.json", gqa);
    lines("vizwiz/llava_test.jsonl", blind);
    lines("textvqa/llava_textvqa_val_v051_ocr.jsonl", words);
    tree("textvqa/TextVQA_0.5.1_val.json", json.createObjectNode().set("data", text));
  }

  private void yesOrNo() {
    images("pope/val2014");
    List<ObjectNode> pope = new ArrayList<>();
    for (String split : SPLITS) {
      List<ObjectNode> labels = new ArrayList<>();
      for (ShapesImage shapes : images) {
        boolean there = shapes.number() % 2 == 0;
        String thing = there ? shapes.shapeWord() : "cat";
        int id = SPLITS.indexOf(split) * 10_000_000 + shapes.number() + 1;
        pope.add(
            question(
                    id,
                    shapes,
                    ResponseFormat.SHORT.applyTo("Is there a " + thing + " in the image?"))
                .put("category", split));
        labels.add(
            json.createObjectNode()
                .put("question_id", id)
                .put("image", shapes.file())
                .put("text", "Is there a " + thing + " in the image?")
                .put("label", there ? "yes" : "no"));
      }
      lines("pope/coco/coco_pope_" + split + ".json", labels);
    }
    lines("pope/llava_pope_test.jsonl", pope);
    List<ObjectNode> mme = new ArrayList<>();
    for (String task : MME_TASKS) {
      ShapesImage shapes = images.get(MME_TASKS.indexOf(task) % images.size());
      String folder = "MME/MME_Benchmark_release_version/" + task + "/";
      bytes(folder + shapes.file(), shapes.png());
      StringBuilder truth = new StringBuilder();
      for (ShapesImage.Paint paint : List.of(shapes.paint(), other(shapes.paint()))) {
        String asked = "Is it " + paint.name().toLowerCase(Locale.ROOT) + "?";
        truth
            .append(asked)
            .append(" Please answer yes or no.\t")
            .append(paint == shapes.paint() ? "Yes" : "No")
            .append('\n');
        mme.add(
            json.createObjectNode()
                .put("question_id", task + "/" + shapes.file())
                .put("image", task + "/" + shapes.file())
                .put("text", ResponseFormat.SHORT.applyTo(asked))
                .put("category", task));
      }
      text(folder + shapes.file().replace(".png", ".txt"), truth.toString());
    }
    lines("MME/llava_mme.jsonl", mme);
  }

  private void choices() {
    images("scienceqa/images/test", "seed_bench/SEED-Bench-image");
    ArrayNode science = json.createArrayNode();
    ObjectNode problems = json.createObjectNode();
    ObjectNode splits = json.createObjectNode();
    ArrayNode test = splits.putArray("test");
    List<ObjectNode> seed = new ArrayList<>();
    ObjectNode bench = json.createObjectNode();
    ArrayNode benchQuestions = bench.putArray("questions");
    ObjectNode types = bench.putObject("question_type");
    types.put("Instance Attributes", 3).put("Instances Counting", 5).put("Action Recognition", 10);
    for (ShapesImage shapes : images) {
      String id = String.valueOf(shapes.number() + 1);
      String options = "A. 1\nB. 2\nC. 3";
      String asked = "How many shapes are there?\n" + options;
      boolean image = shapes.number() % 3 != 2;
      ObjectNode sample = science.addObject().put("id", id);
      if (image) {
        sample.put("image", shapes.file());
      }
      sample
          .putArray("conversations")
          .addObject()
          .put("from", "human")
          .put("value", (image ? "<image>\n" : "") + asked);
      ObjectNode problem = problems.putObject(id);
      problem.put("question", "How many shapes are there?");
      problem.putArray("choices").add("1").add("2").add("3");
      problem.put("answer", shapes.count() - 1);
      test.add(id);
      boolean video = shapes.number() == 5;
      seed.add(
          question(100 + shapes.number(), shapes, ResponseFormat.LETTER.applyTo(asked))
              .put("image", "SEED-Bench-image/" + shapes.file()));
      benchQuestions
          .addObject()
          .put("question_id", String.valueOf(100 + shapes.number()))
          .put("question_type_id", video ? 10 : shapes.number() % 2 == 0 ? 3 : 5)
          .put("data_type", video ? "video" : "image")
          .put("data_id", shapes.file())
          .put("question", "How many shapes are there?")
          .put("choice_a", "1")
          .put("choice_b", "2")
          .put("choice_c", "3")
          .put("answer", LETTERS.get(shapes.count() - 1));
    }
    tree("scienceqa/llava_test_CQM-A.json", science);
    tree("scienceqa/problems.json", problems);
    tree("scienceqa/pid_splits.json", splits);
    lines("seed_bench/llava-seed-bench.jsonl", seed);
    tree("seed_bench/SEED-Bench.json", bench);
  }

  /// Each question and its rotations.
  private void mmBench(String folder, String file) {
    StringBuilder table =
        new StringBuilder(
            "index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage\tl2-category\n");
    for (ShapesImage shapes : images) {
      for (int rotation = 0; rotation < LETTERS.size(); rotation++) {
        List<String> cells = new ArrayList<>();
        cells.add(String.valueOf(rotation * 1_000_000 + shapes.number()));
        cells.add("How many shapes are there?");
        cells.add(shapes.number() == 0 ? "They are all of one colour." : "");
        String answer = "";
        for (int option = 0; option < LETTERS.size(); option++) {
          int count = 1 + (option + rotation) % LETTERS.size();
          cells.add(String.valueOf(count));
          answer = count == shapes.count() ? LETTERS.get(option) : answer;
        }
        cells.add("");
        cells.add(answer);
        cells.add("counting");
        cells.add(Base64.getEncoder().encodeToString(shapes.png()));
        cells.add("perception");
        table.append(String.join("\t", cells)).append('\n');
      }
    }
    text(folder + "/" + file, table.toString());
  }

  private void open() {
    String bench = "llava-bench-in-the-wild/";
    images(bench + "images", "mm-vet/images");
    List<ObjectNode> questions = new ArrayList<>();
    List<ObjectNode> contexts = new ArrayList<>();
    List<ObjectNode> references = new ArrayList<>();
    List<ObjectNode> vet = new ArrayList<>();
    ObjectNode truth = json.createObjectNode();
    ObjectNode rules = json.createObjectNode();
    List<String> categories = List.of("conv", "detail", "complex");
    for (String category : categories) {
      rules
          .putObject("llava_bench_" + category)
          .put("role", "Assistant")
          .put("prompt", "Give both answers a score from 1 to 10 on the first line.");
    }
    for (ShapesImage shapes : images) {
      questions.add(
          question(shapes.number(), shapes, "Describe the picture.")
              .put("category", categories.get(shapes.number() % categories.size())));
      contexts.add(
          json.createObjectNode().put("image", shapes.file()).put("caption", shapes.caption()));
      references.add(
          json.createObjectNode()
              .put("question_id", shapes.number())
              .put("text", shapes.caption()));
      vet.add(question(shapes.number(), shapes, "Which shape is it, and in which colour?"));
      ObjectNode entry = truth.putObject("v1_" + shapes.number());
      entry.put("question", "Which shape is it, and in which colour?");
      entry.put("imagename", shapes.file());
      entry.put("answer", shapes.shapeWord() + "<AND>" + shapes.colorWord());
      entry.putArray("capability").add("rec");
    }
    lines(bench + "questions.jsonl", questions);
    lines(bench + "context.jsonl", contexts);
    lines(bench + "answers_gpt4.jsonl", references);
    tree(bench + "rule.json", rules);
    lines("mm-vet/llava-mm-vet.jsonl", vet);
    tree("mm-vet/mm-vet.json", truth);
    ObjectNode notebook = json.createObjectNode();
    notebook
        .putArray("cells")
        .addObject()
        .putArray("source")
        .add("prompt = \"\"\"Question | Ground truth | Prediction | Correctness\"\"\"\n");
    tree("mm-vet/mm-vet_evaluator.ipynb", notebook);
  }

  private static ShapesImage.Paint other(ShapesImage.Paint paint) {
    return paint == ShapesImage.Paint.RED ? ShapesImage.Paint.BLUE : ShapesImage.Paint.RED;
  }

  private ObjectNode question(int id, ShapesImage shapes, String text) {
    return json.createObjectNode()
        .put("question_id", id)
        .put("image", shapes.file())
        .put("text", text)
        .put("category", "default");
  }

  private void images(String... folders) {
    for (String folder : folders) {
      images.forEach(shapes -> bytes(folder + "/" + shapes.file(), shapes.png()));
    }
  }

  private void lines(String name, List<ObjectNode> nodes) {
    StringBuilder text = new StringBuilder();
    nodes.forEach(node -> text.append(node).append('\n'));
    text(name, text.toString());
  }

  private void tree(String name, Object node) {
    text(name, node + "\n");
  }

  private void text(String name, String text) {
    bytes(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private void bytes(String name, byte[] bytes) {
    Path file = data.resolve(name);
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be written: " + e.getMessage(), e);
    }
  }
}
