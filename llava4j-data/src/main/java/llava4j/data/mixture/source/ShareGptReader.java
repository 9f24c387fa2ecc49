package llava4j.data.mixture.source;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.rule.ShareGptFilter;
import llava4j.data.mixture.rule.Truncation;

/// Reads ShareGPT: conversations without images, in Vicuna's JSON format, with HTML already
/// converted to Markdown. Some files split long conversations into pieces named `id_0`, `id_8`;
/// because the paper truncates instead of splitting, only the first piece of each is used
/// (INFERRED).
public final class ShareGptReader implements SourceReader {
  private static final Pattern PIECE = Pattern.compile("(.+)_\\d+");
  private static final String HTML = "<div class=\"markdown";

  private final List<NativeFile> files;
  private final Truncation truncation;

  public ShareGptReader(List<NativeFile> files, Truncation truncation) {
    this.files = List.copyOf(files);
    this.truncation = truncation;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    Set<String> seen = new HashSet<>();
    for (NativeFile file : files) {
      file.rows(row -> {
        counts.row();
        if (row.has("image")) {
          throw file.wrong(row.place() + " has an image, but ShareGPT has only text");
        }
        String id = row.id("id");
        List<Turn> turns = Conversations.turns(row);
        if (turns.stream().anyMatch(turn -> turn.text().contains(HTML))) {
          throw file.wrong(row.place() + " contains HTML that is not converted to Markdown");
        }
        Matcher piece = PIECE.matcher(id);
        if (piece.matches() && !seen.add(piece.group(1))) {
          counts.add(Incident.CONTINUATION);
        } else {
          shorten(ShareGptFilter.dropUnanswered(turns), counts)
              .ifPresent(kept -> samples.accept(new Sample(id, Optional.empty(), kept)));
        }
      });
    }
  }

  private Optional<List<Turn>> shorten(List<Turn> turns, ReadCounts counts) {
    Optional<Incident> problem = ShareGptFilter.problem(turns);
    if (problem.isPresent()) {
      counts.add(problem.get());
      return Optional.empty();
    }
    List<Turn> kept = truncation.truncate(turns);
    if (kept.isEmpty()) {
      counts.add(Incident.TOO_LONG);
      return Optional.empty();
    }
    if (kept.size() < turns.size()) {
      counts.add(Incident.TRUNCATED);
    }
    return Optional.of(kept);
  }
}
