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

/// Reads TextCaps with TextVQA's OCR tokens: one question per image, answered by a random one of
/// its captions (which one the paper used is UNVERIFIED).
public final class TextCapsReader implements SourceReader {
  private final NativeFile captions;
  private final NativeFile ocr;
  private final SeededChance chance;

  public TextCapsReader(NativeFile captions, NativeFile ocr, SeededChance chance) {
    this.captions = captions;
    this.ocr = ocr;
    this.chance = chance;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    Map<String, List<String>> tokens = new HashMap<>();
    ocr.sections(
        Map.of("data", row -> tokens.put(row.id("image_id"), row.texts("ocr_tokens"))),
        (_, _) -> {});
    Map<String, List<String>> captionsByImage = captions(counts);
    if (captionsByImage.keySet().stream().noneMatch(tokens::containsKey)) {
      throw ocr.wrong("it has none of the images of " + captions.path());
    }
    captionsByImage.forEach((image, list) -> {
      counts.add(Incident.OTHER_CAPTION, list.size() - 1L);
      if (!tokens.containsKey(image)) {
        counts.add(Incident.NO_OCR);
      }
      SplittableRandom random = chance.of(image);
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
    Map<String, List<String>> captionsByImage = new LinkedHashMap<>();
    captions.sections(
        Map.of(
            "data",
            row -> {
              counts.row();
              if (row.has("set_name") && !row.text("set_name").equals("train")) {
                throw captions.wrong(
                    row.place() + " belongs to split '" + row.text("set_name") + "', not 'train'");
              }
              String caption = row.line("caption_str");
              if (caption.isEmpty()) {
                counts.add(Incident.BLANK);
              } else {
                captionsByImage
                    .computeIfAbsent(row.id("image_id"), _ -> new ArrayList<>(5))
                    .add(caption);
              }
            }),
        (_, _) -> {});
    return captionsByImage;
  }
}
