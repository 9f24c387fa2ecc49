package llava4j.data.mixture.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SeededChanceTest {
  private static final List<String> KEYS =
      IntStream.range(0, 2000).mapToObj(String::valueOf).toList();

  @Test
  void seedSourceAndKeyEachMatter() {
    long first = new SeededChance(1, "gqa").of("7").nextLong();
    assertThat(new SeededChance(1, "gqa").of("7").nextLong()).isEqualTo(first);
    assertThat(new SeededChance(2, "gqa").of("7").nextLong()).isNotEqualTo(first);
    assertThat(new SeededChance(1, "vqav2").of("7").nextLong()).isNotEqualTo(first);
    assertThat(new SeededChance(1, "gqa").of("8").nextLong()).isNotEqualTo(first);
  }

  @Test
  void coinsAreFairOverImages() {
    SeededChance draws = new SeededChance(42, "vqav2");
    long heads = KEYS.stream().filter(key -> draws.of(key).nextBoolean()).count();
    assertThat(heads).isBetween(900L, 1100L); // 4.5 standard deviations
  }

  @Property
  void samplesArePartsOfTheList(
      @ForAll List<Integer> items, @ForAll @IntRange(max = 12) int most, @ForAll long seed) {
    List<Integer> sample = SeededChance.sample(items, most, new SeededChance(seed, "vg").of("1"));
    assertThat(sample).hasSize(Math.min(most, items.size()));
    List<Integer> left = new ArrayList<>(items);
    sample.forEach(item -> assertThat(left.remove((Object) item)).isTrue());
  }

  @Property(tries = 50)
  void theSubsetDoesNotDependOnTheOrder(@ForAll @IntRange(max = 2200) int most, @ForAll long seed) {
    List<String> shuffled = new ArrayList<>(KEYS);
    Collections.shuffle(shuffled, new Random(seed));
    HashSample one = subset(KEYS, most);
    HashSample other = subset(shuffled, most);
    assertThat(KEYS.stream().filter(one::contains).toList())
        .hasSize(Math.min(most, KEYS.size()))
        .isEqualTo(KEYS.stream().filter(other::contains).toList());
  }

  @Test
  void aRepeatedKeyCountsOnce() {
    List<String> twice = new ArrayList<>(KEYS);
    twice.addAll(KEYS);
    HashSample subset = subset(twice, 100);
    assertThat(KEYS.stream().filter(subset::contains)).hasSize(100);
    assertThat(subset.contains("never offered")).isFalse();
  }

  private static HashSample subset(List<String> keys, int most) {
    HashSample subset = new HashSample(new SeededChance(42, "ocrvqa"), most);
    keys.forEach(subset::offer);
    return subset;
  }
}
