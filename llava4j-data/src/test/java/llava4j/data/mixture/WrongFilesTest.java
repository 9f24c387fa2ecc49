package llava4j.data.mixture;

import static llava4j.data.mixture.MixtureSource.A_OKVQA;
import static llava4j.data.mixture.MixtureSource.GQA;
import static llava4j.data.mixture.MixtureSource.LCS_558K;
import static llava4j.data.mixture.MixtureSource.LLAVA_INSTRUCT;
import static llava4j.data.mixture.MixtureSource.OCR_VQA;
import static llava4j.data.mixture.MixtureSource.OK_VQA;
import static llava4j.data.mixture.MixtureSource.REF_COCO;
import static llava4j.data.mixture.MixtureSource.SHAREGPT;
import static llava4j.data.mixture.MixtureSource.TEXT_CAPS;
import static llava4j.data.mixture.MixtureSource.VISUAL_GENOME;
import static llava4j.data.mixture.MixtureSource.VQA_V2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// For each kind of wrong file: the error message.
class WrongFilesTest {
  private static final String QUESTIONS = "v2_OpenEnded_mscoco_train2014_questions.json";
  private static final String ANSWERS = "v2_mscoco_train2014_annotations.json";

  @TempDir private Path folder;

  @ParameterizedTest(name = "{0} {2} -> {3}")
  @MethodSource("spoiled")
  void oneSentenceSaysWhatWasExpected(
      MixtureSource source, String file, String part, String other, String said)
      throws IOException {
    Path copy = Miniatures.copyTo(folder);
    Miniatures.spoil(copy.resolve(file), part, other);
    assertRefused(source, said, copy.resolve(file).toString());
  }

  static Stream<Arguments> spoiled() {
    return Stream.of(
        arguments(
            VQA_V2, "vqav2/" + QUESTIONS, "train2014", "val2014", "\"val2014\", not \"train2014\""),
        arguments(
            VQA_V2, "vqav2/" + ANSWERS, "train2014", "val2014", "\"val2014\", not \"train2014\""),
        arguments(
            VQA_V2, "vqav2/" + QUESTIONS, "\"2.0\"", "\"1.0\"", "version 1.0 of VQA, not 2.0"),
        arguments(VQA_V2, "vqav2/" + QUESTIONS, "Open-Ended", "Multiple-Choice", "task_type is"),
        arguments(
            VQA_V2, "vqav2/" + QUESTIONS, "\"questions\"", "\"rows\"", "it has no 'questions'"),
        arguments(
            VQA_V2,
            "vqav2/" + QUESTIONS,
            "\"image_id\": 458752",
            "\"x\": 1",
            "questions row 0 has no 'image_id', which must be a whole number"),
        arguments(
            VQA_V2,
            "vqav2/" + QUESTIONS,
            "\"image_id\": 458752",
            "\"image_id\": \"a\"",
            "has a 'image_id' that is not a whole number"),
        arguments(
            VQA_V2,
            "vqav2/" + QUESTIONS,
            "\"question_id\": ",
            "\"question_id\": 7",
            "none of its questions has an answer in"),
        arguments(
            VQA_V2,
            "vqav2/" + ANSWERS,
            "\"answer\": \"blue\"",
            "\"answer\": 1",
            "annotations row 6, answers 0 has a 'answer' that is not a text"),
        arguments(
            VQA_V2,
            "vqav2/" + ANSWERS,
            "\"annotations\": [",
            "\"annotations\": 1, \"x\": [",
            "no list in 'annotations'"),
        arguments(
            GQA,
            "gqa/train_balanced_questions.json",
            "\"isBalanced\": true",
            "\"isBalanced\": false",
            "question '07333408' is not balanced"),
        arguments(
            GQA,
            "gqa/train_balanced_questions.json",
            "\"answer\": \"pipe\"",
            "\"a\": 1",
            "'07333408' has no 'answer', which must be a text"),
        arguments(
            OK_VQA,
            "okvqa/OpenEnded_mscoco_train2014_questions.json",
            "train2014",
            "val2014",
            "\"val2014\""),
        arguments(
            OCR_VQA,
            "ocr_vqa/dataset.json",
            "\"split\"",
            "\"part\"",
            "has no 'split', which must be a whole number"),
        arguments(
            OCR_VQA,
            "ocr_vqa/dataset.json",
            "\"Calendars\"",
            "7",
            "has a 'answers' that is not a list of texts"),
        arguments(
            A_OKVQA,
            "aokvqa/aokvqa_v1p0_train.json",
            "\"split\": \"train\"",
            "\"split\": \"val\"",
            "row 0 belongs to split 'val', not 'train'"),
        arguments(
            A_OKVQA,
            "aokvqa/aokvqa_v1p0_train.json",
            "\"correct_choice_idx\"",
            "\"x\"",
            "has no 'correct_choice_idx'"),
        arguments(
            A_OKVQA,
            "aokvqa/aokvqa_v1p0_train.json",
            "\"correct_choice_idx\": 3",
            "\"correct_choice_idx\": 4",
            "correct_choice_idx 4"),
        arguments(
            A_OKVQA, "aokvqa/aokvqa_v1p0_train.json", "\"igloo\",", "", "row 1 has 3 choices"),
        arguments(
            TEXT_CAPS,
            "textcaps/TextCaps_0.1_train.json",
            "\"set_name\": \"train\"",
            "\"set_name\": \"val\"",
            "data row 0 belongs to split 'val'"),
        arguments(
            TEXT_CAPS,
            "textcaps/TextVQA_Rosetta_OCR_v0.2_train.json",
            "\"image_id\": \"",
            "\"image_id\": \"z",
            "none of the images of"),
        arguments(
            TEXT_CAPS,
            "textcaps/TextVQA_Rosetta_OCR_v0.2_train.json",
            "\"ocr_tokens\"",
            "\"ocr\"",
            "has no 'ocr_tokens', which must be a list"),
        arguments(
            REF_COCO,
            "refcoco/refs(unc).p",
            "S'train'",
            "S'trai",
            "is not a sound list of expressions"),
        arguments(
            REF_COCO,
            "refcoco/refs(unc).p",
            "(lp0\n",
            "cos\nsystem\n(lp0\n",
            "os.system, which is no part of a plain one and is never executed"),
        arguments(
            REF_COCO,
            "refcocog/refs(umd).p",
            "S'ann_id'",
            "S'annid'",
            "row 0 has no 'ann_id', which must be a whole number"),
        arguments(
            REF_COCO,
            "refcoco+/instances.json",
            "\"bbox\"",
            "\"box\"",
            "annotations row 0 has no 'bbox', which must be a list"),
        arguments(
            REF_COCO,
            "refcoco+/instances.json",
            "103.93,",
            "",
            "'bbox' that is not a list of 4 numbers"),
        arguments(
            REF_COCO,
            "refcocog/instances.json",
            "\"id\": 1",
            "\"id\": 9",
            "none of the annotations that"),
        arguments(
            REF_COCO,
            "refcocog/instances.json",
            "\"height\": 427",
            "\"height\": 0",
            "'height' that is not a number of pixels"),
        arguments(
            VISUAL_GENOME,
            "vg/image_data.json",
            "\"url\"",
            "\"address\"",
            "row 0 has no 'url', which must be a text"),
        arguments(
            VISUAL_GENOME, "vg/image_data.json", "VG_100K_2/", "", "without the folder VG_100K"),
        arguments(
            VISUAL_GENOME,
            "vg/region_descriptions.json",
            "\"regions\"",
            "\"objects\"",
            "row 0 has no 'regions', which must be a list"),
        arguments(
            VISUAL_GENOME,
            "vg/region_descriptions.json",
            "\"phrase\"",
            "\"text\"",
            "row 0, regions 0 has no 'phrase', which must be a text"),
        arguments(
            LLAVA_INSTRUCT,
            "llava_instruct/llava_instruct_150k.json",
            "\"image\": \"",
            "\"image\": \"coco/train2017/",
            "but the name of a COCO image without a folder is needed"),
        arguments(
            LLAVA_INSTRUCT,
            "llava_instruct/llava_instruct_150k.json",
            "\"conversations\"",
            "\"turns\"",
            "row 0 has no 'conversations', which must be a list"),
        arguments(
            SHAREGPT,
            "sharegpt/sharegpt.json",
            "\"id\": \"aaaaaaa\"",
            "\"id\": \"a\", \"image\": \"a.jpg\"",
            "row 0 has an image"),
        arguments(
            SHAREGPT,
            "sharegpt/sharegpt.json",
            "What is a monad?",
            "<div class=\\\"markdown\\\">x</div>",
            "row 0 contains HTML"),
        arguments(
            LCS_558K,
            "lcs558k/blip_laion_cc_sbu_558k.json",
            "\"conversations\"",
            "\"blip_caption\"",
            "row 0 has no 'conversations', which must be a list"));
  }

  @Test
  void whatIsNoJsonIsSaidWithItsPlace() throws IOException {
    Path file = Miniatures.copyTo(folder).resolve("aokvqa/aokvqa_v1p0_train.json");
    String text = Files.readString(file);
    for (int end : new int[] {0, 1, text.length() / 2, text.lastIndexOf(']')}) {
      Files.writeString(file, text.substring(0, end));
      assertRefused(
          A_OKVQA, end == 0 ? "it is not a list" : "is not valid JSON near byte ", file.toString());
    }
    Files.writeString(file, "<html>");
    assertRefused(A_OKVQA, "is not valid JSON near byte ", file.toString());
    Files.writeString(file, "[1]");
    assertRefused(A_OKVQA, "row 0 is not a JSON object", file.toString());
  }

  @Test
  void aListInPlaceOfAnObjectIsRefused() throws IOException {
    Path copy = Miniatures.copyTo(folder);
    Files.writeString(copy.resolve("gqa/train_balanced_questions.json"), "[]");
    assertRefused(GQA, "it is not a JSON object", "train_balanced_questions.json");
    Files.writeString(copy.resolve("vqav2/" + ANSWERS), "[]");
    assertRefused(VQA_V2, "it is not a JSON object", ANSWERS);
  }

  /// The first version of VQA uses the same file names as OK-VQA.
  @Test
  void vqaInPlaceOfOkVqaIsSeenByItsSize() throws IOException {
    Path copy = Miniatures.copyTo(folder);
    String rows =
        IntStream.range(0, 20_001)
            .mapToObj(i -> "{\"image_id\":1,\"question\":\"q\",\"question_id\":" + i + "}")
            .collect(Collectors.joining(",", "{\"questions\":[", "]}"));
    Files.writeString(copy.resolve("okvqa/OpenEnded_mscoco_train2014_questions.json"), rows);
    assertRefused(OK_VQA, "so it is VQA's file", "okvqa.allenai.org");
  }

  @Test
  void aPickleOfSomethingElseIsRefused() throws IOException {
    Path copy = Miniatures.copyTo(folder);
    Files.writeString(copy.resolve("refcoco/refs(unc).p"), "(dp0\n.");
    assertRefused(REF_COCO, "it is not a list", "refs(unc).p");
    Files.writeString(copy.resolve("refcoco/refs(unc).p"), "(lp0\nI1\na.");
    assertRefused(REF_COCO, "row 0 is not a JSON object", "refs(unc).p");
  }

  @Test
  void sourcesThatGiveNothingAreRefused() throws IOException {
    Path copy = Miniatures.copyTo(folder);
    Files.writeString(copy.resolve("gqa/train_balanced_questions.json"), "{}");
    assertRefused(GQA, "none of the sources contains a usable sample", "out.json");
  }

  private void assertRefused(MixtureSource source, String... parts) {
    MixtureBuild build = MixtureBuild.of(folder, List.of(source), Miniatures.options(42));
    Path out = folder.resolve("out.json");
    assertThatThrownBy(() -> build.write(out, BuildListener.silent()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(parts);
    assertThat(out).doesNotExist();
  }
}
