package llava4j.data.mixture;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import llava4j.error.BadInputException;

/// The sources, with the number of samples in the paper's mixture (spec 6.2, 6.3) and where their
/// files are published. Their order is that of the samples in the output file.
public enum MixtureSource {
  LLAVA_INSTRUCT(
      "llava-instruct",
      "LLaVA-Instruct",
      157_712,
      "the dataset liuhaotian/LLaVA-Instruct-150K on huggingface.co"),
  SHAREGPT(
      "sharegpt",
      "ShareGPT",
      40_688,
      "the dataset anon8231489123/ShareGPT_Vicuna_unfiltered on huggingface.co"),
  VQA_V2("vqav2", "VQAv2", 82_783, "visualqa.org, VQA v2.0 training questions and annotations"),
  GQA("gqa", "GQA", 72_140, "the GQA site of cs.stanford.edu, questions 1.2"),
  OK_VQA("okvqa", "OK-VQA", 8_998, "okvqa.allenai.org, training questions and annotations"),
  OCR_VQA("ocrvqa", "OCR-VQA", 80_000, "ocr-vqa.github.io"),
  A_OKVQA("aokvqa", "A-OKVQA", 66_160, "the A-OKVQA page of allenai.org, version 1.0"),
  TEXT_CAPS(
      "textcaps",
      "TextCaps",
      21_953,
      "textvqa.org, TextCaps 0.1 training set and TextVQA's Rosetta OCR tokens 0.2"),
  REF_COCO("refcoco", "RefCOCO/+/g", 48_447, "the repository lichengunc/refer on github.com"),
  VISUAL_GENOME("vg", "Visual Genome", 86_417, "the Visual Genome site, version 1.2 or later"),
  LCS_558K(
      "lcs558k", "LCS-558K", 558_128, "the dataset liuhaotian/LLaVA-Pretrain on huggingface.co");

  private final String word;
  private final String title;
  private final int paperCount;
  private final String site;

  MixtureSource(String word, String title, int paperCount, String site) {
    this.word = word;
    this.title = title;
    this.paperCount = paperCount;
    this.site = site;
  }

  /// The name on the command line.
  public String word() {
    return word;
  }

  /// The name for the user.
  public String title() {
    return title;
  }

  /// Number of samples in the published mixture.
  public int paperCount() {
    return paperCount;
  }

  /// Where its files are published.
  public String site() {
    return site;
  }

  /// The sources with the given names, in the order of `among`.
  ///
  /// @throws BadInputException if a name is not that of a source in `among`
  public static List<MixtureSource> parse(List<String> words, List<MixtureSource> among) {
    List<String> wanted =
        words.stream().map(word -> word.strip().toLowerCase(Locale.ROOT)).toList();
    for (String word : wanted) {
      if (among.stream().noneMatch(source -> source.word.equals(word))) {
        throw new BadInputException(
            "'"
                + word
                + "' is not a source of this mixture; its sources are "
                + among.stream().map(MixtureSource::word).collect(Collectors.joining(", ")));
      }
    }
    return among.stream().filter(source -> wanted.contains(source.word)).toList();
  }

  /// The ten sources of the mixture of stage 2.
  public static List<MixtureSource> mix665k() {
    return Arrays.stream(values()).filter(source -> source != LCS_558K).toList();
  }

  /// The source of stage 1.
  public static List<MixtureSource> pretrain558k() {
    return List.of(LCS_558K);
  }
}
