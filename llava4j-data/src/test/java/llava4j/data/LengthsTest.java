package llava4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import llava4j.data.Lengths.Bin;
import org.junit.jupiter.api.Test;

class LengthsTest {
  @Test
  void figuresAreThoseOfAllLengths() {
    Lengths lengths = of(IntStream.rangeClosed(1, 100));
    assertThat(lengths.count()).isEqualTo(100);
    assertThat(lengths.min()).isEqualTo(1);
    assertThat(lengths.max()).isEqualTo(100);
    assertThat(lengths.mean()).isEqualTo(50.5);
    assertThat(lengths.quantile(0.5)).isEqualTo(50);
    assertThat(lengths.quantile(0.95)).isEqualTo(95);
    assertThat(lengths.quantile(1)).isEqualTo(100);
    assertThat(lengths.count(10, 19)).isEqualTo(10);
  }

  @Test
  void nothingHasNoFigures() {
    Lengths lengths = new Lengths();
    assertThat(lengths.max()).isZero();
    assertThat(lengths.mean()).isZero();
    assertThat(lengths.quantile(0.5)).isZero();
    assertThat(lengths.bins(4)).containsExactly(new Bin(0, 0, 0));
  }

  @Test
  void binsHaveOneWidthAndHoldAll() {
    assertThat(of(IntStream.of(0, 3, 4, 7, 7)).bins(2))
        .containsExactly(new Bin(0, 3, 2), new Bin(4, 7, 3));
    assertThat(of(IntStream.of(8)).bins(2)).containsExactly(new Bin(0, 7, 0), new Bin(8, 15, 1));
    List<Bin> bins = of(IntStream.range(0, 1000)).bins(20);
    assertThat(bins).hasSize(16).allMatch(bin -> bin.to() - bin.from() == 63);
    assertThat(bins.stream().mapToLong(Bin::count).sum()).isEqualTo(1000);
  }

  @Test
  void othersAreAdded() {
    Lengths lengths = of(IntStream.of(1, 1, 5));
    lengths.addAll(of(IntStream.of(5, 9)));
    assertThat(lengths.count()).isEqualTo(5);
    assertThat(lengths.mean()).isEqualTo(4.2);
    assertThat(lengths.count(5, 5)).isEqualTo(2);
  }

  private static Lengths of(IntStream values) {
    Lengths lengths = new Lengths();
    values.forEach(lengths::add);
    return lengths;
  }
}
