package llava4j.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A race with a clock that the runners move.
class RaceTest {
  private long now;
  private long allocated;
  private int calls;

  private final Race race = new Race(() -> now, () -> allocated);

  @Test
  void theLeastTimeOfEachCounts() {
    Map<String, Runnable> runners = new LinkedHashMap<>();
    runners.put("steady", () -> now += 30_000_000);
    runners.put("disturbed", () -> now += ++calls % 2 == 0 ? 20_000_000 : 90_000_000);
    assertThat(race.times(runners)).isEqualTo(Map.of("steady", 0.03, "disturbed", 0.02));
  }

  @Test
  void theFirstTimeOfEachDoesNotCount() {
    assertThat(race.times(Map.of("one", () -> now += ++calls == 1 ? 1_000 : 50_000_000)))
        .isEqualTo(Map.of("one", 0.05));
  }

  @Test
  void whatAllocatesIsRepeatedUntilItIsCompiled() {
    race.warm(List.of(() -> allocated += ++calls < 20 ? 5 << 20 : 1000, () -> now++));
    assertThat(calls).isEqualTo(20);
  }

  @Test
  void whatIsNeverCompiledDoesNotHoldUp() {
    race.warm(
        List.of(() -> {
          calls++;
          allocated += 5 << 20;
          now += 500_000_000;
        }));
    assertThat(calls).isEqualTo(6);
  }
}
