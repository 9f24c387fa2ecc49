package llava4j.data.mixture;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// One set of files that a source needs, with alternatives.
///
/// @param alternatives lists of files, relative to the folder of sources; the first list whose
///   files all exist is used
record FileNeed(List<List<String>> alternatives) {

  /// All files that a source needs.
  static List<FileNeed> of(MixtureSource source) {
    return switch (source) {
      case LLAVA_INSTRUCT ->
          List.of(
              all("llava_instruct/llava_instruct_150k.json")
                  .or(
                      "llava_instruct/conversation_58k.json",
                      "llava_instruct/detail_23k.json",
                      "llava_instruct/complex_reasoning_77k.json"));
      case SHAREGPT ->
          List.of(
              all(
                      "sharegpt/sg_90k_part1_html_cleaned.json",
                      "sharegpt/sg_90k_part2_html_cleaned.json")
                  .or("sharegpt/ShareGPT_V3_unfiltered_cleaned_split.json")
                  .or("sharegpt/sharegpt.json"));
      case VQA_V2 ->
          List.of(
              all("vqav2/v2_OpenEnded_mscoco_train2014_questions.json"),
              all("vqav2/v2_mscoco_train2014_annotations.json"));
      case GQA -> List.of(all("gqa/train_balanced_questions.json"));
      case OK_VQA ->
          List.of(
              all("okvqa/OpenEnded_mscoco_train2014_questions.json"),
              all("okvqa/mscoco_train2014_annotations.json"));
      case OCR_VQA -> List.of(all("ocr_vqa/dataset.json"));
      case A_OKVQA -> List.of(all("aokvqa/aokvqa_v1p0_train.json"));
      case TEXT_CAPS ->
          List.of(
              all("textcaps/TextCaps_0.1_train.json"),
              all("textcaps/TextVQA_Rosetta_OCR_v0.2_train.json"));
      case REF_COCO ->
          List.of(
              all("refcoco/instances.json"),
              anyOf("refcoco/refs(unc).p", "refcoco/refs(unc).json", "refcoco/refs(google).p"),
              all("refcoco+/instances.json"),
              anyOf("refcoco+/refs(unc).p", "refcoco+/refs(unc).json"),
              all("refcocog/instances.json"),
              anyOf(
                  "refcocog/refs(umd).p",
                  "refcocog/refs(umd).json",
                  "refcocog/refs(google).p",
                  "refcocog/refs(google).json"));
      case VISUAL_GENOME -> List.of(all("vg/region_descriptions.json"), all("vg/image_data.json"));
      case LCS_558K -> List.of(all("lcs558k/blip_laion_cc_sbu_558k.json"));
    };
  }

  /// Files that are needed together.
  static FileNeed all(String... files) {
    return new FileNeed(List.of(List.of(files)));
  }

  /// Adds an alternative: these files together.
  FileNeed or(String... files) {
    return new FileNeed(Stream.concat(alternatives.stream(), Stream.of(List.of(files))).toList());
  }

  /// Any one of several files.
  static FileNeed anyOf(String... files) {
    return new FileNeed(Arrays.stream(files).map(List::of).toList());
  }

  /// The files of the first complete alternative; empty if none is complete.
  Optional<List<Path>> find(Path folder) {
    return alternatives.stream()
        .map(files -> files.stream().map(folder::resolve).toList())
        .filter(files -> files.stream().allMatch(Files::isRegularFile))
        .findFirst();
  }

  /// The needed files and their first alternative, for an error message.
  String describe() {
    return String.join(
            " (or ",
            alternatives.stream().limit(2).map(form -> String.join(" and ", form)).toList())
        + (alternatives.size() > 1 ? ")" : "");
  }
}
