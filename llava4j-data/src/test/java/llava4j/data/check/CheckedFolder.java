package llava4j.data.check;

import static llava4j.data.check.SampleTexts.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llava4j.data.ImageSize;
import llava4j.data.Sample;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A folder with valid and invalid images, and files of samples that refer to them.
abstract class CheckedFolder {
  static final String TEXT = sample("text", "", "human:why so", "gpt:because");
  static final String IMAGE =
      sample("picture", "a/sound.jpg", "human:<image>\nwhat is it", "gpt:a photo");

  @TempDir Path folder;
  Path file;
  Path images;
  final Tally tally = new Tally();

  /// A token rule: each word is one token, an image is ten tokens, and a sample with the word
  /// "refuse" is refused.
  static final TokenRule WORDS =
      new TokenRule() {
        @Override
        public Tokens of(Sample sample, Optional<ImageSize> image) {
          if (sample.turns().getLast().text().contains("refuse")) {
            throw new BadInputException("this cannot be masked");
          }
          int rows = Math.abs(sample.modalityLength()) + (image.isPresent() ? 10 : 0);
          return new Tokens(rows, rows > 30 ? 0 : 1);
        }

        @Override
        public int maxLength() {
          return 20;
        }
      };

  @BeforeEach
  void images() throws IOException {
    file = folder.resolve("samples.json");
    images = Files.createDirectories(folder.resolve("images/a")).getParent();
    byte[] jpeg = Files.readAllBytes(Golden.path("images/photo_444.jpg"));
    Files.write(images.resolve("a/sound.jpg"), jpeg);
    Files.write(images.resolve("a/cut.jpg"), Arrays.copyOf(jpeg, jpeg.length / 2));
    Files.writeString(images.resolve("a/text.jpg"), "no image");
    Files.createFile(images.resolve("a/empty.png"));
    Files.copy(Golden.path("images/anim.gif"), images.resolve("a/really_gif.jpg"));
    Files.copy(Golden.path("images/shapes_rgb.png"), images.resolve("a/other.png"));
  }

  /// One sample for each problem, with as few other problems as possible.
  final void checkAllKinds(List<CheckListener> more) throws Exception {
    String all =
        "["
            + String.join(
                ",",
                TEXT,
                "17",
                IMAGE + ",", // a comma too many
                "{\"id\":\"json\",\"conversations\":[{]}",
                "{\"id\":\"image\",\"image\":{\"path\":1}," + turns() + "}",
                "{\"id\":\"video\",\"video\":\"a.mp4\"," + turns() + "}",
                "{\"id\":\"several\",\"image\":[\"a.jpg\",\"b.jpg\"]," + turns() + "}",
                "{\"id\":\"conversations\"}",
                "{\"id\":\"turn\",\"conversations\":[{\"from\":\"human\"}]}",
                sample("bad speaker", "", "system:s", "human:q", "gpt:a"),
                sample("order", "", "human:q", "human:q", "gpt:a"),
                sample("end", "", "human:q", "gpt:a", "human:q"),
                sample("empty", "", "human:q", "gpt: "),
                sample("no place", "a/sound.jpg", "human:q", "gpt:a"),
                sample("places", "a/sound.jpg", "human:<image>", "gpt:a", "human:<image>", "gpt:a"),
                sample("answer", "a/sound.jpg", "human:q", "gpt:<image>"),
                sample("no image", "", "human:<image>", "gpt:a"),
                image("missing", "a/none.jpg"),
                image("cut", "a/cut.jpg"),
                sample("longest", "", "human:" + "word ".repeat(40), "gpt:x"),
                sample("masked", "", "human:q", "gpt:refuse"),
                // odd
                "{" + turns() + "}",
                TEXT,
                sample("begin", "", "gpt:a", "human:q", "gpt:a"),
                sample("later", "a/sound.jpg", "human:q", "gpt:a", "human:<image>", "gpt:a"),
                sample("twice", "a/sound.jpg", "human:<image><image>", "gpt:a"),
                image("gif", "a/really_gif.jpg"),
                sample("long", "", "human:" + "word ".repeat(24), "gpt:x"),
                "[]")
            + "]";
    Files.writeString(file, all);
    List<CheckListener> listeners = new ArrayList<>(more);
    listeners.add(tally);
    run(file, listeners);
  }

  final void check(String... texts) throws Exception {
    Files.writeString(file, "[" + String.join(",\n", texts) + "]");
    run(file, List.of(tally));
  }

  final void run(Path path, List<CheckListener> listeners) throws InterruptedException {
    new DataCheck(images, Optional.of(WORDS), 2).run(path, silent(), listeners);
  }

  static String image(String id, String image) {
    return sample(id, image, "human:<image>\nwhat", "gpt:it");
  }

  static String turns() {
    return TEXT.substring(TEXT.indexOf("\"conversations\""), TEXT.length() - 1);
  }

  static DataCheck.Progress silent() {
    return new DataCheck.Progress() {
      @Override
      public void onBytes(long done, long total) {}

      @Override
      public void onSamples(long done, long total) {}
    };
  }
}
