package llava4j.data.mixture.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.mixture.rule.CaptionQuestion;
import llava4j.data.mixture.rule.ImagePlacement;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.rule.Round;
import llava4j.data.mixture.rule.SeededChance;

/// TextCaps with TextVQA's OCR tokens: for each image one question, answered by one of its
/// captions, drawn by chance (which one the paper took is UNVERIFIED).
public final class TextCapsReader implements SourceReader {
  private final NativeFile captions;
  private final NativeFile ocr;
  private final SeededChance draws;

  public TextCapsReader(NativeFile captions, NativeFile ocr, SeededChance draws) {
    this.captions = captions;
    this.ocr = ocr;
    this.draws = draws;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    Map<String, List<String>> tokens = new HashMap<>();
    ocr.sections(
        Map.of("data", row -> tokens.put(row.id("image_id"), row.texts("ocr_tokens"))),
        (_, _) -> {});
    Map<String, List<String>> said = captions(counts);
    if (said.keySet().stream().noneMatch(tokens::containsKey)) {
      throw ocr.wrong("it has none of the images of " + captions.path());
    }
    said.forEach((image, list) -> {
      counts.add(Incident.OTHER_CAPTION, list.size() - 1L);
      if (!tokens.containsKey(image)) {
        counts.add(Incident.NO_OCR);
      }
      SplittableRandom random = draws.of(image);
      Round round =
          new Round(
              CaptionQuestion.of(tokens.getOrDefault(image, List.of())),
              list.get(random.nextInt(list.size())));
      samples.accept(
          new Sample(
              image,
              Optional.of("textvqa/train_images/" + image + ".jpg"),
              Round.conversation(List.of(round), ImagePlacement.draw(random))));
    });
  }

  private Map<String, List<String>> captions(ReadCounts counts) {
    Map<String, List<String>> said = new LinkedHashMap<>();
    captions.sections(
        Map.of(
            "data",
            row -> {
              counts.row();
              if (row.has("set_name") && !row.text("set_name").equals("train")) {
                throw captions.wrong(
                    row.place() + " is of split '" + row.text("set_name") + "', not 'train'");
              }
              String caption = row.line("caption_str");
              if (caption.isEmpty()) {
                counts.add(Incident.BLANK);
              } else {
                said.computeIfAbsent(row.id("image_id"), _ -> new ArrayList<>(5)).add(caption);
              }
            }),
        (_, _) -> {});
    return said;
  }
}
