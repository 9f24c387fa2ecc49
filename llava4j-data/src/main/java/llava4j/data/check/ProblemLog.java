package llava4j.data.check;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import llava4j.io.AtomicFile;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes a JSONL file with one object for each sample that has problems.
public final class ProblemLog implements CheckListener, AutoCloseable {
  private final JsonMapper json = new JsonMapper();
  private final AtomicFile file;

  /// Starts the file; it appears when [#complete] is called.
  public ProblemLog(Path path) {
    this.file = AtomicFile.open(path);
  }

  @Override
  public void onBroken(List<Finding> findings) {
    add(findings);
  }

  @Override
  public void onSample(CheckedSample checked) {
    if (!checked.findings().isEmpty()) {
      add(checked.findings());
    }
  }

  /// Writes one line.
  ///
  /// @param findings at least one, all of the same sample
  void add(List<Finding> findings) {
    ObjectNode line = json.createObjectNode();
    line.put("sample", findings.getFirst().number());
    line.put("id", findings.getFirst().id());
    ArrayNode problems = line.putArray("problems");
    for (Finding finding : findings) {
      ObjectNode problem = problems.addObject();
      problem.put("kind", key(finding.problem()));
      problem.put("hurts", finding.problem().hurts());
      problem.put("what", finding.problem().title());
      if (!finding.detail().isEmpty()) {
        problem.put("detail", finding.detail());
      }
    }
    file.write((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /// Finishes the file and gives it its final name.
  public void complete() {
    file.commit();
  }

  @Override
  public void close() {
    file.close();
  }

  /// The name of a problem in files.
  static String key(Problem problem) {
    return problem.name().toLowerCase(Locale.ROOT);
  }
}
