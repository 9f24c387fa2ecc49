package llava4j.eval.video;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import llava4j.data.fetch.PackageStore;
import llava4j.data.fetch.PinnedPackage;
import llava4j.error.BadInputException;
import org.bytedeco.javacpp.Loader;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// FFmpeg's programs of the artifact `org.bytedeco:ffmpeg`. They run as processes of their own, so
/// their libraries are never loaded into ours, and a damaged video cannot end it. Thread-safe.
public final class Ffmpeg {
  private static final String VERSION = "8.0.1-1.5.13";
  private static final String LICENCE = "LGPL-3.0";
  private static final Map<String, String> SUMS =
      Map.of(
          "linux-x86_64", "01da6cce8fb8686abd4a0be940edafcc199255cc97b37b28c49d4f696c1d9ef3",
          "linux-arm64", "2810546c9c82154ba9a389cdbdb1135db138604b04735806caa8b3cd5211aa50",
          "macosx-arm64", "57b4cb109b60e246e0d55734bf83c9883bf9424df42816fa06af945549dba094");

  private final Path folder;

  /// What is known of a video without looking at its frames.
  ///
  /// @param frames number
  /// @param rate mean number of frames per second
  public record Facts(long frames, double rate) {}

  private Ffmpeg(Path folder) {
    this.folder = folder;
  }

  /// Downloads the programs for this machine (27 MB) if the store does not have them.
  ///
  /// @throws BadInputException if there are none for this machine, if they cannot be downloaded, or
  ///   if they do not start
  public static Ffmpeg downloaded(PackageStore store) {
    String platform = Loader.getPlatform();
    PinnedPackage wanted = wanted(platform);
    String inside = "org/bytedeco/ffmpeg/" + platform + "/";
    Path folder =
        store
            .unpacked(
                wanted, name -> name.startsWith(inside) && !name.startsWith(inside + "libjni"))
            .resolve(inside);
    for (String program : List.of("ffmpeg", "ffprobe")) {
      if (!folder.resolve(program).toFile().setExecutable(true)) {
        throw new BadInputException(
            folder.resolve(program) + " cannot be made executable; use another cache folder");
      }
    }
    return new Ffmpeg(folder.toAbsolutePath()).started();
  }

  /// Programs in a folder.
  static Ffmpeg in(Path folder) {
    return new Ffmpeg(folder);
  }

  /// Looks whether the programs start: they need libraries of the system.
  ///
  /// @throws BadInputException if they do not
  Ffmpeg started() {
    Output output = run(List.of(program("ffmpeg"), "-version"));
    if (output.status() != 0) {
      throw new BadInputException(
          "FFmpeg's programs do not start on this machine ("
              + output.lastError()
              + "); if a library is missing, install it (on Debian and Ubuntu: apt-get install libpulse0),"
              + " or cut the frames with an ffmpeg of this machine (docs/evaluation.md)");
    }
    return this;
  }

  static PinnedPackage wanted(String platform) {
    if (!SUMS.containsKey(platform)) {
      throw new BadInputException(
          "there are no FFmpeg programs for "
              + platform
              + " (only for "
              + SUMS.keySet().stream().sorted().collect(Collectors.joining(", "))
              + "); cut the frames with an ffmpeg of this machine (docs/evaluation.md)");
    }
    return PinnedPackage.maven(
        "org.bytedeco:ffmpeg", platform, VERSION, SUMS.get(platform), LICENCE, "FFmpeg, Bytedeco");
  }

  /// The path of `ffmpeg` or `ffprobe`.
  String program(String name) {
    return folder.resolve(name).toString();
  }

  /// Counts the frames of a video's first video stream.
  ///
  /// @param decoded whether to count the frames that can be decoded, which takes longer than
  ///   counting those in the file
  /// @throws BadInputException if it is no video that FFmpeg reads
  public Facts facts(Path video, boolean decoded) {
    JsonNode stream = probe(video, decoded ? "-count_frames" : "-hide_banner");
    String field = decoded ? "nb_read_frames" : "nb_frames";
    if (!decoded && number(stream, field) <= 0) { // a container without an index
      stream = probe(video, "-count_packets");
      field = "nb_read_packets";
    }
    String[] rate = stream.path("avg_frame_rate").asString("0/0").split("/", -1);
    long frames = number(stream, field);
    if (frames < 1 || rate.length != 2 || rate[1].equals("0")) {
      throw broken(video, "it contains no frames");
    }
    return new Facts(frames, Double.parseDouble(rate[0]) / Double.parseDouble(rate[1]));
  }

  private static long number(JsonNode stream, String field) {
    String text = stream.path(field).asString("");
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
  }

  private JsonNode probe(Path video, String how) {
    Output output =
        run(
            List.of(
                program("ffprobe"),
                "-v",
                "error",
                how,
                "-select_streams",
                "v:0",
                "-show_entries",
                "stream=nb_frames,nb_read_frames,nb_read_packets,avg_frame_rate",
                "-of",
                "json",
                video.toString()));
    JsonNode stream =
        output.status() == 0
            ? new JsonMapper().readTree(output.text()).path("streams").path(0)
            : new JsonMapper().missingNode();
    if (stream.isMissingNode()) {
      throw broken(video, output.reason());
    }
    return stream;
  }

  /// Writes some frames of a video as PNG files, in one pass.
  ///
  /// @param numbers of the frames from 0, ascending, each once
  /// @param into an empty folder
  /// @return the files, in the order of the numbers
  /// @throws BadInputException if one of them cannot be decoded
  public List<Path> cut(Path video, List<Long> numbers, Path into) {
    String chosen =
        numbers.stream().map(number -> "eq(n," + number + ")").collect(Collectors.joining("+"));
    Output output =
        run(
            List.of(
                program("ffmpeg"),
                "-v",
                "error",
                "-nostdin",
                "-i",
                video.toString(),
                "-map",
                "0:v:0",
                "-vf",
                "select='" + chosen + "'",
                "-fps_mode",
                "passthrough",
                "-frames:v",
                String.valueOf(numbers.size()),
                into.resolve("%d.png").toString()));
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i++) {
      Path file = into.resolve(i + 1 + ".png");
      if (output.status() != 0 || !Files.isRegularFile(file)) {
        throw broken(video, "frame " + numbers.get(i) + " cannot be decoded" + output.detail());
      }
      files.add(file);
    }
    return files;
  }

  private static BadInputException broken(Path video, String why) {
    return new BadInputException(video + " cannot be used: " + why + "; download the video again");
  }

  /// @param text of the standard output
  /// @param errors of the standard error
  record Output(int status, String text, String errors) {
    String reason() {
      return errors.isBlank() ? "it has no video" : lastLine();
    }

    String detail() {
      return errors.isBlank() ? "" : " (" + lastLine() + ")";
    }

    String lastError() {
      return errors.strip().lines().reduce("", (_, last) -> last);
    }

    /// Without the video's name, which stands before it anyway.
    private String lastLine() {
      String line = lastError();
      return line.substring(line.lastIndexOf(": ") + 1).strip();
    }
  }

  /// Runs one of the programs.
  Output run(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    // the libraries need each other, and not all of them say where they lie
    builder.environment().put("LD_LIBRARY_PATH", folder.toString());
    builder.environment().put("DYLD_LIBRARY_PATH", folder.toString());
    try {
      Path errors = Files.createTempFile("ffmpeg", ".txt");
      try {
        Process process = builder.redirectError(errors.toFile()).start();
        try {
          process.getOutputStream().close();
          String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
          return new Output(process.waitFor(), text, Files.readString(errors));
        } finally {
          process.destroyForcibly();
        }
      } finally {
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new BadInputException(
          command.getFirst() + " cannot be run: " + e.getMessage() + "; use another cache folder",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BadInputException(command.getFirst() + " was interrupted; start again", e);
    }
  }
}
