package llava4j.data.mixture.source;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.data.Sample;
import llava4j.data.Turn;

/// Names and paths of COCO's images. Images of train2014 are found in train2017 under their number.
final class CocoImage {
  static final String FOLDER = "coco/train2017/";

  private CocoImage() {}

  static String name(long id) {
    return String.format(Locale.ROOT, "%012d", id);
  }

  static String path(long id) {
    return FOLDER + name(id) + ".jpg";
  }

  static Sample sample(long id, List<Turn> turns) {
    return new Sample(name(id), Optional.of(path(id)), turns);
  }
}
