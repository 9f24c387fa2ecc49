package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  @Test
  void textThatMayBecomeAStopStringIsHeldBack() {
    StopStrings stops = new StopStrings(List.of("###"), false);
    assertThat(stops.accept("Yes #")).isEqualTo("Yes ");
    assertThat(stops.accept("1 and ##")).isEqualTo("#1 and ");
    assertThat(stops.accept("#Human")).isEmpty();
    assertThat(stops.found()).isTrue();
  }

  @Test
  void whatWasHeldBackComesAtTheEnd() {
    StopStrings stops = new StopStrings(List.of("END"), false);
    assertThat(stops.accept("the EN")).isEqualTo("the ");
    assertThat(stops.finish()).isEqualTo("EN");
    assertThat(stops.found()).isFalse();
  }

  @Test
  void theEarliestStopStringCounts() {
    StopStrings stops = new StopStrings(List.of("c", "b"), true);
    assertThat(stops.accept("abc")).isEqualTo("ab");
  }
}
