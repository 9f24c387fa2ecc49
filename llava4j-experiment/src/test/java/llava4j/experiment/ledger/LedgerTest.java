package llava4j.experiment.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.error.BadInputException;
import llava4j.experiment.design.Measure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerTest {
  @TempDir private Path folder;

  private static Entry entry(long seed) {
    SequencedMap<Measure, Figure> figures = new LinkedHashMap<>();
    figures.put(Measure.YES_NO, Figure.mean(100, List.of(1.0, 0.0)));
    figures.put(Measure.LOSS, Figure.of(1.25));
    return new Entry(
        "epochs",
        "tiny",
        "1 pass",
        seed,
        "abc",
        figures,
        Map.of(Measure.YES_NO, 50.0),
        List.of("k"),
        2,
        0.5);
  }

  @Test
  void linesAreReadAsTheyWereWritten() {
    Path file = folder.resolve("e").resolve("ledger.jsonl");
    Ledger ledger = new Ledger(file);
    ledger.add(entry(1));
    ledger.add(entry(2));
    Ledger again = new Ledger(file);
    assertThat(again.entries()).containsExactly(entry(1), entry(2));
    assertThat(again.find("1 pass", 2, "abc")).contains(entry(2));
    assertThat(again.find("1 pass", 2, "other")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"arm\"", "null", "{}"})
  void aBrokenLineIsNamed(String line) throws IOException {
    Path file = folder.resolve("ledger.jsonl");
    new Ledger(file).add(entry(1));
    Files.writeString(file, line, StandardOpenOption.APPEND);
    assertThatThrownBy(() -> new Ledger(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("line 2")
        .hasMessageContaining("remove the line")
        .hasMessageContaining("'answers'");
  }
}
