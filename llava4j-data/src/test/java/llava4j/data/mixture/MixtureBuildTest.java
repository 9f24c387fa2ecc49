package llava4j.data.mixture;

import static llava4j.data.mixture.Miniatures.SOURCES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llava4j.data.SampleFile;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.rule.TokenCounter;
import llava4j.data.mixture.source.ImageSizes;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MixtureBuildTest {
  private static final List<MixtureSource> ALL = MixtureSource.mix665k();

  @TempDir private Path folder;

  @Test
  void theSourcesOfThePaperAddUp() {
    assertThat(ALL.stream().mapToInt(MixtureSource::paperCount).sum()).isEqualTo(665_298);
  }

  @Test
  void trainingReadsWhatIsWritten() throws IOException {
    Path out = folder.resolve("deep/mix.json");
    MixtureBuild.of(SOURCES, ALL, Miniatures.options(42)).write(out, BuildListener.silent());
    try (SampleFile samples = SampleFile.open(out)) {
      assertThat(samples.size()).isEqualTo(38);
      assertThat(samples.get(0).image()).contains("coco/train2017/000000000009.jpg");
    }
    assertThat(out.getParent()).isDirectoryNotContaining(file -> !file.equals(out));
  }

  /// The random choices for one source do not depend on other sources or on an earlier run.
  @ParameterizedTest
  @EnumSource(
      value = MixtureSource.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"LCS_558K"})
  void aSourceAloneGivesItsPartOfTheWhole(MixtureSource source) throws IOException {
    List<String> whole = samples(ALL, 42);
    List<String> part = samples(List.of(source), 42);
    assertThat(part).isNotEmpty().isEqualTo(samples(List.of(source), 42));
    assertThat(whole).containsSubsequence(part);
  }

  @Test
  void anotherSeedDrawsOtherwise() throws IOException {
    List<MixtureSource> drawn = List.of(MixtureSource.REF_COCO, MixtureSource.VISUAL_GENOME);
    assertThat(samples(drawn, 43)).isNotEqualTo(samples(drawn, 42));
  }

  @Test
  void whatThePaperTookAPartOfIsDrawn() throws IOException {
    List<MixtureSource> drawn = List.of(MixtureSource.OCR_VQA, MixtureSource.VISUAL_GENOME);
    MixtureOptions few =
        new MixtureOptions(42, 2, 1, 3, 9, 2048, TokenCounter.estimate(), ImageSizes.stated());
    Path out = folder.resolve("out.json");
    List<SourceResult> results =
        MixtureBuild.of(SOURCES, drawn, few).write(out, BuildListener.silent());
    assertThat(results).extracting(SourceResult::samples).containsExactly(2L, 1L);
    assertThat(results.getFirst().incidents())
        .isEqualTo(
            Map.of(
                Incident.OTHER_SPLIT, 2L,
                Incident.UNEVEN_LISTS, 1L,
                Incident.BLANK, 1L,
                Incident.NOT_DRAWN, 2L));
    assertThat(results.getLast().incidents()).containsEntry(Incident.NOT_DRAWN, 1L);
  }

  @Test
  void theThreePartsOfLlavaInstructAreAsGoodAsTheWhole() throws IOException {
    Path copy = Miniatures.copyTo(folder);
    Path whole = copy.resolve("llava_instruct/llava_instruct_150k.json");
    List<MixtureSource> instruct = List.of(MixtureSource.LLAVA_INSTRUCT);
    List<String> expected = Miniatures.build(copy, instruct, Miniatures.options(1));
    Files.move(whole, copy.resolve("llava_instruct/detail_23k.json"));
    Files.writeString(copy.resolve("llava_instruct/conversation_58k.json"), "[]");
    Files.writeString(copy.resolve("llava_instruct/complex_reasoning_77k.json"), "[]");
    assertThat(Miniatures.build(copy, instruct, Miniatures.options(1))).isEqualTo(expected);
  }

  @Test
  void refsAsJsonAreAsGoodAsPickled() throws IOException {
    Path copy = Miniatures.copyTo(folder);
    Files.delete(copy.resolve("refcocog/refs(umd).p"));
    Files.writeString(
        copy.resolve("refcocog/refs(google).json"),
        "[{\"split\":\"train\",\"image_id\":581857,\"ann_id\":12,\"sentences\":[{\"sent\":\"all of"
            + " it\"}]}]");
    assertThat(String.join("", samples(copy, List.of(MixtureSource.REF_COCO))))
        .containsIgnoringCase("all of it.");
  }

  @Test
  void everyMissingFileIsNamedBeforeAnythingIsDone() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    Path out = folder.resolve("out.json");
    assertThatThrownBy(() -> MixtureBuild.of(empty, ALL, Miniatures.options(1)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(
            "llava_instruct/llava_instruct_150k.json",
            "sharegpt/",
            "v2_OpenEnded_mscoco_train2014_questions.json",
            "v2_mscoco_train2014_annotations.json (from visualqa.org",
            "train_balanced_questions.json",
            "okvqa/OpenEnded_mscoco_train2014_questions.json",
            "okvqa/mscoco_train2014_annotations.json",
            "ocr_vqa/dataset.json",
            "aokvqa_v1p0_train.json",
            "TextCaps_0.1_train.json",
            "TextVQA_Rosetta_OCR_v0.2_train.json",
            "refcoco/refs(unc).p",
            "refcoco+/instances.json",
            "refcocog/refs(umd).p",
            "region_descriptions.json",
            "image_data.json",
            "--only");
    assertThat(out).doesNotExist();
  }

  @Test
  void aSourceThatFailsLeavesWhatWasThere() throws IOException {
    Path copy = Miniatures.copyTo(folder.resolve("sources"));
    Miniatures.spoil(copy.resolve("vg/image_data.json"), "\"url\"", "\"address\"");
    Path out = Files.writeString(folder.resolve("out.json"), "before");
    MixtureBuild build = MixtureBuild.of(copy, ALL, Miniatures.options(1));
    assertThatThrownBy(() -> build.write(out, BuildListener.silent()))
        .isInstanceOf(BadInputException.class);
    assertThat(out).hasContent("before");
    assertThat(folder).isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void bytesAreCountedToTheEnd() {
    List<Long> seen = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    List<MixtureSource> heard = new ArrayList<>();
    MixtureBuild.of(SOURCES, ALL, Miniatures.options(1))
        .write(
            folder.resolve("out.json"),
            new BuildListener() {
              @Override
              public void onSource(MixtureSource source) {
                heard.add(source);
              }

              @Override
              public void onBytes(long done, long total) {
                seen.add(done);
                totals.add(total);
              }

              @Override
              public void onResult(SourceResult result) {
                assertThat(result.source()).isEqualTo(heard.getLast());
              }
            });
    assertThat(heard).isEqualTo(ALL);
    assertThat(seen).isSorted();
    assertThat(seen.getLast()).isEqualTo(totals.getLast());
  }

  @Test
  void sourcesAreChosenByWords() {
    assertThat(MixtureSource.parse(List.of("VG", " gqa"), ALL))
        .containsExactly(MixtureSource.GQA, MixtureSource.VISUAL_GENOME);
    assertThatThrownBy(() -> MixtureSource.parse(List.of("coco"), ALL))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("'coco'", "llava-instruct", "vg");
  }

  @Test
  void numbersThatLeaveNothingAreRefused() {
    assertThatThrownBy(() ->
            new MixtureOptions(1, 0, 1, 1, 1, 1, TokenCounter.estimate(), ImageSizes.stated()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("OCR-VQA");
  }

  private static List<String> samples(List<MixtureSource> chosen, long seed) throws IOException {
    return clean(Miniatures.build(SOURCES, chosen, Miniatures.options(seed)));
  }

  private static List<String> samples(Path sources, List<MixtureSource> chosen) throws IOException {
    return clean(Miniatures.build(sources, chosen, Miniatures.options(42)));
  }

  /// Lines without the array's brackets and without trailing commas.
  private static List<String> clean(List<String> lines) {
    return lines.stream()
        .filter(line -> line.length() > 1)
        .map(line -> line.replaceFirst(",$", ""))
        .toList();
  }
}
