package llava4j.data.mixture.source;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.mixture.rule.Finding;
import llava4j.data.mixture.rule.TurnOrder;

/// Conversations in LLaVA's form about one picture each: LLaVA-Instruct (whose pictures are bare
/// names of COCO's) and LCS-558K. They are taken as they are.
public final class PictureTalkReader implements SourceReader {
  /// Where pictures lie.
  public enum Pictures {
    /// Bare names, of COCO's train2017.
    COCO,
    /// Paths as they are to be.
    AS_NAMED
  }

  private final List<NativeFile> files;
  private final Pictures pictures;

  public PictureTalkReader(List<NativeFile> files, Pictures pictures) {
    this.files = List.copyOf(files);
    this.pictures = pictures;
  }

  @Override
  public void read(Consumer<Sample> samples, Tally tally) {
    for (NativeFile file : files) {
      file.rows(row -> {
        tally.row();
        String image = image(file, row);
        List<Turn> turns = Conversations.turns(row);
        if (turns.size() < 2) {
          tally.add(Finding.TOO_SHORT);
        } else if (!TurnOrder.alternates(turns)) {
          tally.add(Finding.WRONG_SPEAKERS);
        } else if (turns.stream().anyMatch(turn -> turn.text().isBlank())) {
          tally.add(Finding.BLANK);
        } else {
          samples.accept(new Sample(row.id("id"), Optional.of(image), turns));
        }
      });
    }
  }

  private String image(NativeFile file, NativeRow row) {
    String image = row.text("image");
    if (pictures == Pictures.AS_NAMED) {
      return image;
    }
    if (image.contains("/")) {
      throw file.wrong(
          row.place() + " has the picture '" + image + "', where a bare name of COCO's stands");
    }
    return CocoImage.FOLDER + image;
  }
}
