package llava4j.train.batch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.Set;
import llava4j.error.BadInputException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Counts and lists samples that cannot be used, and ends the run when there are more than the user
/// allows.
public final class BadSamples {
  private final JsonMapper json = new JsonMapper();
  private final Path list;
  private final int allowed;
  private final Set<Integer> seen = new LinkedHashSet<>();

  /// @param list file that names them, one JSON object a line
  /// @param allowed how many may be skipped
  public BadSamples(Path list, int allowed) {
    this.list = list;
    this.allowed = allowed;
  }

  /// Notes a sample; the same one counts once.
  public synchronized void add(int index, BadInputException reason) {
    if (!seen.add(index)) {
      return;
    }
    ObjectNode line = json.createObjectNode();
    line.put("index", index);
    line.put("reason", reason.getMessage());
    try {
      Files.createDirectories(list.toAbsolutePath().getParent());
      Files.writeString(
          list,
          line + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new BadInputException(list + " cannot be written: " + e.getMessage(), e);
    }
    if (seen.size() > allowed) {
      throw new BadInputException(
          allowed == 0
              ? reason.getMessage() + "; correct it, or allow such samples with maxBad=N"
              : seen.size()
                  + " samples cannot be used, but maxBad allows "
                  + allowed
                  + "; they are listed in "
                  + list
                  + "; the last one: "
                  + reason.getMessage(),
          reason);
    }
  }

  public synchronized int count() {
    return seen.size();
  }
}
