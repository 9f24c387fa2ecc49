package llava4j.experiment.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalDouble;
import llava4j.experiment.judge.Estimate;
import org.junit.jupiter.api.Test;

class PlotTest {

  private static String plot(double low, double high, OptionalDouble guess) {
    Estimate estimate =
        new Estimate((low + high) / 2, low, high, true, List.of(low, (low + high) / 2));
    return new Plot("right <answers>", List.of(new Plot.Line("a & b", estimate)), guess).svg();
  }

  /// A step of two and a half has labels of one decimal.
  @Test
  void labelsSayWhereTheirLinesAre() {
    assertThat(plot(3, 14, OptionalDouble.of(14.7)))
        .contains(">2.5<", ">5.0<", ">7.5<", ">most frequent answer<")
        .doesNotContain(">3<");
    assertThat(plot(10, 50, OptionalDouble.empty()))
        .contains(">10<", ">50<")
        .doesNotContain("most frequent");
  }

  @Test
  void namesAreEscaped() {
    assertThat(plot(1, 2, OptionalDouble.empty()))
        .contains("a &amp; b", "right &lt;answers&gt;")
        .doesNotContain("<answers>");
  }
}
