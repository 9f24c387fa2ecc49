package llava4j.eval.video;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.eval.task.SeedVideo;

/// Cuts the frames of SEED-Bench's videos that LLaVA's evaluation shows to the model. A frame that
/// is there is not cut again; each video is decoded once, whatever the number of questions about
/// it.
///
/// @param videos folder of the videos: with one folder per data set as LLaVA's script has them, or
///   with the files themselves
/// @param frames folder that receives `TYPE_ID.png`
public record SeedFrames(Ffmpeg ffmpeg, Path videos, Path frames) {

  /// Receives the progress: frames done, and their number.
  @FunctionalInterface
  public interface Progress {
    void onFrames(int done, int total);
  }

  /// Cuts the frames that are missing.
  ///
  /// @return the number of frames cut
  /// @throws BadInputException if a video is missing or broken; all other frames are there then
  public int cut(List<SeedVideo> questions, Progress progress) {
    Map<String, List<SeedVideo>> byVideo = new LinkedHashMap<>();
    int total = 0;
    for (SeedVideo question : questions) {
      if (!Files.isRegularFile(frames.resolve(question.image()))) {
        byVideo
            .computeIfAbsent(question.type() + question.file(), _ -> new ArrayList<>())
            .add(question);
        total++;
      }
    }
    int done = 0;
    List<String> failures = new ArrayList<>();
    for (List<SeedVideo> same : byVideo.values()) {
      try {
        cutOne(same);
        done += same.size();
      } catch (BadInputException e) {
        failures.add(e.getMessage());
      }
      progress.onFrames(done, total);
    }
    if (!failures.isEmpty()) {
      throw new BadInputException(
          total
              - done
              + " of "
              + total
              + " frames could not be cut; the first because "
              + failures.getFirst());
    }
    return done;
  }

  /// All frames of one video, written completely or not at all.
  private void cutOne(List<SeedVideo> questions) {
    Path video = find(questions.getFirst());
    Ffmpeg.Facts facts = ffmpeg.facts(video, questions.getFirst().countsDecoded());
    TreeMap<Long, List<SeedVideo>> byFrame = new TreeMap<>();
    for (SeedVideo question : questions) {
      byFrame
          .computeIfAbsent(question.frame(facts.frames(), facts.rate()), _ -> new ArrayList<>())
          .add(question);
    }
    try {
      Files.createDirectories(frames);
      Path arriving = Files.createTempDirectory(frames, "arriving-");
      try {
        List<Path> files = ffmpeg.cut(video, List.copyOf(byFrame.keySet()), arriving);
        int next = 0;
        for (List<SeedVideo> shown : byFrame.values()) {
          place(files.get(next++), shown, arriving);
        }
      } finally {
        clear(arriving);
      }
    } catch (IOException e) {
      throw new BadInputException(frames + " cannot be written: " + e.getMessage(), e);
    }
  }

  private void place(Path file, List<SeedVideo> shown, Path arriving) throws IOException {
    for (SeedVideo question : shown) {
      Path whole = Files.copy(file, arriving.resolve("whole.png"));
      Files.move(whole, frames.resolve(question.image()), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void clear(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /// EPIC-KITCHENS' own downloader has a folder `videos` for each person.
  private Path find(SeedVideo question) {
    Path file = Path.of(question.file()).normalize();
    if (file.isAbsolute() || file.startsWith("..")) {
      throw new BadInputException(
          "question "
              + question.id()
              + " names the video "
              + question.file()
              + ", which is no name within a folder; download SEED-Bench.json again");
    }
    Path name = file.getFileName();
    Path nested = file.resolveSibling("videos").resolve(name);
    for (Path root : List.of(videos.resolve(question.folder()), videos)) {
      for (Path inside : List.of(file, name, nested)) {
        if (Files.isRegularFile(root.resolve(inside))) {
          return root.resolve(inside);
        }
      }
    }
    throw new BadInputException(
        videos
            + " has no video "
            + question.file()
            + ", and neither has its folder "
            + question.folder()
            + "; download the videos of that data set");
  }
}
