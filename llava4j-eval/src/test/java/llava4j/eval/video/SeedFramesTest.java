package llava4j.eval.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import llava4j.data.fetch.PackageStore;
import llava4j.error.BadInputException;
import llava4j.eval.task.SeedVideo;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Videos of twelve frames, each of another grey, made with the same programs.
class SeedFramesTest {
  private static final int FRAMES = 12;
  private static final int STEP = 20; // of grey from frame to frame
  private static final SeedVideo WHOLE = new SeedVideo("v1", 10, "7.webm", 0, 0);
  private static final SeedVideo EARLY = new SeedVideo("v2", 11, "P01/P01_01.MP4", 0.2, 0.6);
  private static final SeedVideo LATE = new SeedVideo("v3", 11, "P01/P01_01.MP4", 0.8, 99);
  private static final SeedVideo DECODED = new SeedVideo("v4", 12, "P02/cam01/a.avi", 2, 100);

  @TempDir static Path shared;
  private static Ffmpeg ffmpeg;
  @TempDir Path folder;
  private SeedFrames cutter;

  @BeforeAll
  static void takeTheProgramsOfTheClassPath() throws IOException {
    String inside = "/org/bytedeco/ffmpeg/" + Loader.getPlatform() + "/ffmpeg";
    Path jar =
        Path.of(
            ((JarURLConnection) SeedFramesTest.class.getResource(inside).openConnection())
                .getJarFile()
                .getName());
    PackageStore store =
        new PackageStore(
            shared.resolve("cache"),
            (wanted, into) -> copy(jar, into.resolve(wanted.file())),
            _ -> {});
    ffmpeg = Ffmpeg.downloaded(store);
    assertThat(shared.resolve("cache/unpacked").toFile()).isDirectory();
    for (int i = 0; i < FRAMES; i++) {
      BufferedImage image = new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB);
      Graphics2D graphics = image.createGraphics();
      graphics.setColor(new Color(STEP * i, STEP * i, STEP * i));
      graphics.fillRect(0, 0, 64, 48);
      graphics.dispose();
      ImageIO.write(image, "png", shared.resolve(i + ".png").toFile());
    }
    Path videos = shared.resolve("videos");
    make(videos.resolve("20bn-something-something-v2/7.webm"), "-c:v", "libvpx-vp9");
    make(videos.resolve("EPIC-KITCHENS/P01_01.MP4"), "-c:v", "mpeg4", "-q:v", "2");
    make(videos.resolve("P02/cam01/a.avi"), "-c:v", "mpeg4", "-q:v", "2");
  }

  @BeforeEach
  void cutIntoAnEmptyFolder() {
    cutter = new SeedFrames(ffmpeg, shared.resolve("videos"), folder.resolve("frames"));
  }

  @Test
  void theFrameInTheMiddleOfTheSegmentIsCut() throws IOException {
    List<String> progress = new ArrayList<>();
    int cut =
        cutter.cut(
            List.of(WHOLE, EARLY, LATE, DECODED),
            (done, total) -> progress.add(done + "/" + total));
    assertThat(cut).isEqualTo(4);
    assertThat(progress).containsExactly("1/4", "3/4", "4/4");
    assertThat(frame(WHOLE)).isEqualTo(5);
    assertThat(frame(EARLY)).isEqualTo(3);
    assertThat(frame(LATE)).isEqualTo(9);
    assertThat(frame(DECODED)).isEqualTo(6);
    try (Stream<Path> files = Files.list(folder.resolve("frames"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("10_v1.png", "11_v2.png", "11_v3.png", "12_v4.png");
    }
  }

  @Test
  void whatIsThereIsNotCutAgain() throws IOException {
    Files.createDirectories(folder.resolve("frames"));
    Files.writeString(folder.resolve("frames/11_v2.png"), "mine");
    Files.writeString(folder.resolve("frames/12_v4.png"), "mine"); // its video is not opened at all
    SeedVideo gone = new SeedVideo("v4", 12, "P02/cam01/gone.avi", 2, 100);
    assertThat(cutter.cut(List.of(EARLY, LATE, gone), (_, _) -> {})).isEqualTo(1);
    assertThat(folder.resolve("frames/11_v2.png")).hasContent("mine");
    assertThat(frame(LATE)).isEqualTo(9);
    assertThat(cutter.cut(List.of(EARLY, LATE, gone), (_, _) -> {})).isZero();
  }

  @Test
  void aBrokenOrMissingVideoIsOneSentenceAndTheOthersAreCut() throws IOException {
    Path broken = Files.createDirectories(folder.resolve("videos")).resolve("8.webm");
    Files.writeString(broken, "no video");
    copy(
        shared.resolve("videos/20bn-something-something-v2/7.webm"),
        folder.resolve("videos/7.webm"));
    SeedFrames some = new SeedFrames(ffmpeg, folder.resolve("videos"), folder.resolve("frames"));
    SeedVideo bad = new SeedVideo("v8", 10, "8.webm", 0, 0);
    SeedVideo absent = new SeedVideo("v9", 10, "9.webm", 0, 0);
    assertThatThrownBy(() -> some.cut(List.of(bad, absent, WHOLE), (_, _) -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "2 of 3 frames could not be cut; the first because "
                + broken
                + " cannot be used: Invalid data found when processing input; download the video again");
    assertThat(frame(WHOLE)).isEqualTo(5);
    assertThatThrownBy(() -> some.cut(List.of(absent), (_, _) -> {}))
        .hasMessageContaining("has no video 9.webm")
        .hasMessageContaining("20bn-something-something-v2");
    SeedVideo outside = new SeedVideo("v9", 10, "../7.webm", 0, 0);
    assertThatThrownBy(() -> some.cut(List.of(outside), (_, _) -> {}))
        .hasMessageContaining("no name within a folder");
  }

  @Test
  void otherMachinesAreToldWhatToDo() {
    assertThatThrownBy(() -> Ffmpeg.wanted("windows-x86_64"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("no FFmpeg programs for windows-x86_64 (only for linux-arm64,");
    assertThat(Ffmpeg.wanted("linux-arm64").file())
        .isEqualTo("ffmpeg-8.0.1-1.5.13-linux-arm64.jar");
  }

  /// Which of the frames this is, by its grey.
  private int frame(SeedVideo video) throws IOException {
    BufferedImage image = ImageIO.read(folder.resolve("frames").resolve(video.image()).toFile());
    int grey = new Color(image.getRGB(30, 20)).getGreen();
    int number = Math.round((float) grey / STEP);
    assertThat(grey).isCloseTo(number * STEP, within(5));
    return number;
  }

  private static void make(Path video, String... codec) throws IOException {
    Files.createDirectories(video.getParent());
    List<String> command = new ArrayList<>(List.of(ffmpeg.program("ffmpeg"), "-v", "error"));
    command.addAll(List.of("-framerate", "10", "-start_number", "0"));
    command.addAll(List.of("-i", shared.resolve("%d.png").toString()));
    command.addAll(List.of(codec));
    command.addAll(List.of("-pix_fmt", "yuv420p", video.toString()));
    assertThat(ffmpeg.run(command)).isEqualTo(new Ffmpeg.Output(0, "", ""));
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
