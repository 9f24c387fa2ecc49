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

/// ShareGPT: conversations in text alone, in Vicuna's JSON with HTML already made Markdown. Files
/// whose long conversations somebody split have pieces named `id_0`, `id_8`; the paper cuts instead
/// of splitting, so the first piece of each stays (INFERRED).
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
          throw file.wrong(row.place() + " has an image, where text stands alone");
        }
        String id = row.id("id");
        List<Turn> turns = Conversations.turns(row);
        if (turns.stream().anyMatch(turn -> turn.text().contains(HTML))) {
          throw file.wrong(row.place() + " is still HTML");
        }
        Matcher piece = PIECE.matcher(id);
        if (piece.matches() && !seen.add(piece.group(1))) {
          counts.add(Incident.CONTINUATION);
        } else {
          shorten(ShareGptFilter.answered(turns), counts)
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
