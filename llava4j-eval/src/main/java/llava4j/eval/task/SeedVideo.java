package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;

/// A question of SEED-Bench about a video, and which frame of it the model is shown: the middle one
/// of the question's segment (spec 7.3; the one-frame case of SEED-Bench's `get_index`).
///
/// @param id of the question
/// @param type 10 (Something-Something), 11 (EPIC-KITCHENS) or 12 (Breakfast)
/// @param file name of the video within its data set, with folders
/// @param start of the segment: seconds for type 11, frames for type 12, unused for type 10
/// @param end of the segment, like `start`
public record SeedVideo(String id, int type, String file, double start, double end) {
  private static final TaskFiles FILES =
      new TaskFiles("huggingface.co/datasets/AILab-CVC/SEED-Bench");
  private static final int WHOLE = 10;
  private static final int SECONDS = 11;
  private static final int FRAMES = 12;

  /// All questions about videos.
  ///
  /// @param truth `SEED-Bench.json`
  public static List<SeedVideo> in(Path truth) {
    List<SeedVideo> videos = new ArrayList<>();
    int row = 0;
    for (JsonNode entry : FILES.tree(truth).path("questions")) {
      if (!entry.path("data_type").asString("").equals("video")) {
        row++;
        continue;
      }
      String id = TaskFiles.field(entry, "question_id", truth, row);
      int type = entry.path("question_type_id").asInt(-1);
      JsonNode segment = entry.path("segment");
      boolean whole = type == WHOLE;
      if (!Set.of(WHOLE, SECONDS, FRAMES).contains(type)
          || (!whole && !(segment.path(0).isNumber() && segment.path(1).isNumber()))) {
        throw new BadInputException(
            truth
                + ", question "
                + id
                + ": a video needs question_type_id 10, or 11 or 12 and a segment [start, end];"
                + " download the file again");
      }
      videos.add(
          new SeedVideo(
              id,
              type,
              TaskFiles.field(entry, "data_id", truth, row++),
              whole ? 0 : segment.path(0).asDouble(),
              whole ? 0 : segment.path(1).asDouble()));
    }
    return videos;
  }

  /// The data set's folder, as LLaVA's script `extract_video_frames.py` names it.
  public String folder() {
    return switch (type) {
      case WHOLE -> "20bn-something-something-v2";
      case SECONDS -> "EPIC-KITCHENS";
      default -> "BreakfastII_15fps_qvga_sync";
    };
  }

  /// The file of the frame.
  public String image() {
    return type + "_" + id + ".png";
  }

  /// Whether the number of frames is of those that can be decoded, and not of those in the file:
  /// the original decodes all of the Breakfast videos.
  public boolean countsDecoded() {
    return type == FRAMES;
  }

  /// The number of the frame, counted from 0.
  ///
  /// @param frames of the video
  /// @param rate frames per second
  /// @throws BadInputException if the segment has no frame
  public long frame(long frames, double rate) {
    long from =
        switch (type) {
          case WHOLE -> 0;
          case SECONDS -> within(start * rate, frames);
          default -> (long) start;
        };
    long to =
        switch (type) {
          case WHOLE -> frames - 1;
          case SECONDS -> within(end * rate, frames);
          default -> Math.min((long) end, frames);
        };
    if (to - from < 1) {
      throw new BadInputException(
          "question "
              + id
              + " has no frame in a video of "
              + frames
              + " frames; it is another version of "
              + file
              + ", download the original");
    }
    return from + (to - from - 1) / 2;
  }

  private static long within(double frame, long frames) {
    return (long) Math.clamp(frame, 0.0, (double) Math.max(0, frames - 1));
  }
}
