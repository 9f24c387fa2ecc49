package llava4j.data.mixture.source;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.rule.TurnOrder;

/// Reads conversations about one image each that are already in LLaVA's format: LLaVA-Instruct
/// (whose image names have no folder) and LCS-558K. Texts are not changed.
public final class ImageConversationReader implements SourceReader {
  /// How image names are converted to paths.
  public enum Images {
    /// Names without a folder, of images in COCO's train2017.
    COCO,
    /// Paths that are used unchanged.
    AS_NAMED
  }

  private final List<NativeFile> files;
  private final Images images;

  public ImageConversationReader(List<NativeFile> files, Images images) {
    this.files = List.copyOf(files);
    this.images = images;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    for (NativeFile file : files) {
      file.rows(row -> {
        counts.row();
        String image = image(file, row);
        List<Turn> turns = Conversations.turns(row);
        if (turns.size() < 2) {
          counts.add(Incident.TOO_SHORT);
        } else if (!TurnOrder.alternates(turns)) {
          counts.add(Incident.WRONG_SPEAKERS);
        } else if (turns.stream().anyMatch(turn -> turn.text().isBlank())) {
          counts.add(Incident.BLANK);
        } else {
          samples.accept(new Sample(row.id("id"), Optional.of(image), turns));
        }
      });
    }
  }

  private String image(NativeFile file, NativeRow row) {
    String image = row.text("image");
    if (images == Images.AS_NAMED) {
      return image;
    }
    if (image.contains("/")) {
      throw file.wrong(
          row.place()
              + " has the image '"
              + image
              + "', but the name of a COCO image without a folder is needed");
    }
    return CocoImage.FOLDER + image;
  }
}
