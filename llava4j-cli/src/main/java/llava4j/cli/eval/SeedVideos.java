package llava4j.cli.eval;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llava4j.cli.option.PackageFolder;
import llava4j.cli.option.Unused;
import llava4j.cli.terminal.Progress;
import llava4j.data.fetch.PackageClient;
import llava4j.data.fetch.PackageStore;
import llava4j.error.BadInputException;
import llava4j.eval.task.SeedTask;
import llava4j.eval.task.SeedVideo;
import llava4j.eval.task.TaskName;
import llava4j.eval.video.Ffmpeg;
import llava4j.eval.video.SeedFrames;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// Where SEED-Bench's videos are. Without this option, FFmpeg is neither downloaded nor run.
final class SeedVideos {
  private static final String VIDEOS = "--videos";

  @Option(
      names = VIDEOS,
      paramLabel = "DIR",
      description =
          "The folder of SEED-Bench's videos. The frames that seed needs and does not have are cut from"
              + " them with FFmpeg, which is downloaded once (27 MB, with Maven, into"
              + " ~/.cache/llava4j/packages).")
  private Path videos;

  /// Refuses the option if nothing would be cut.
  void requireUsed(CommandSpec spec, List<String> tasks, boolean blind) {
    if (tasks.stream().noneMatch(TaskName.SEED.word()::equalsIgnoreCase)) {
      Unused.refuse(spec, "only seed has videos", VIDEOS);
    }
    if (blind) {
      Unused.refuse(spec, "--blind asks without the frames", VIDEOS);
    }
  }

  /// Cuts the frames that are missing.
  ///
  /// @param data the folder of the benchmarks
  /// @param text receives what is being done
  void cut(Path data, PrintWriter text) {
    if (videos == null) {
      return;
    }
    if (!Files.isDirectory(videos)) {
      throw new BadInputException(videos + " is not a folder; give the one of SEED-Bench's videos");
    }
    Path bench = data.resolve(SeedTask.FOLDER);
    Path frames = bench.resolve(SeedTask.FRAMES);
    List<SeedVideo> missing =
        SeedVideo.in(bench.resolve(SeedTask.TRUTH)).stream()
            .filter(video -> !Files.isRegularFile(frames.resolve(video.image())))
            .toList();
    if (missing.isEmpty()) {
      return;
    }
    PackageStore store =
        new PackageStore(
            PackageFolder.of(System.getenv("XDG_CACHE_HOME")),
            PackageClient.programs(),
            note -> text.println("llava: " + note));
    try (Progress progress = Progress.count("cutting", "frames")) {
      new SeedFrames(Ffmpeg.downloaded(store), videos, frames).cut(missing, progress::update);
    }
  }
}
