package llava4j.experiment.ledger;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The file of finished arms, one JSON object a line. It is replaced as a whole with every arm, so
/// that a line is there or not.
public final class Ledger {
  private static final String REMEDY =
      "; remove the line, so that the arm is finished anew from its model and its folder in"
          + " 'answers'; remove that folder too to ask again";

  private final Path file;
  private final JsonMapper json = new JsonMapper();
  private final List<Entry> entries;

  /// Reads a file; a missing one is empty.
  ///
  /// @throws BadInputException if a line is not an entry
  public Ledger(Path file) {
    this.file = file;
    this.entries = new ArrayList<>(read());
  }

  /// All lines, in order.
  public List<Entry> entries() {
    return List.copyOf(entries);
  }

  /// The line of an arm and seed with exactly these settings.
  public Optional<Entry> find(String arm, long seed, String settings) {
    return entries.stream()
        .filter(entry ->
            entry.arm().equals(arm) && entry.seed() == seed && entry.settings().equals(settings))
        .findFirst();
  }

  /// Adds a line.
  ///
  /// @throws BadInputException if the file cannot be written
  public void add(Entry entry) {
    entries.add(entry);
    StringBuilder text = new StringBuilder();
    entries.forEach(one -> text.append(json.writeValueAsString(one)).append('\n'));
    AtomicFile.writeText(file, text.toString());
  }

  private List<Entry> read() {
    List<Entry> found = new ArrayList<>();
    if (!Files.exists(file)) {
      return found;
    }
    try {
      int number = 0;
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        number++;
        if (!line.isBlank()) {
          found.add(entry(line, number));
        }
      }
      return found;
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private Entry entry(String line, int number) {
    try {
      return Objects.requireNonNull(json.readValue(line, Entry.class));
    } catch (JacksonException | NullPointerException e) {
      throw new BadInputException(file + ", line " + number + " is no finished arm" + REMEDY, e);
    }
  }
}
