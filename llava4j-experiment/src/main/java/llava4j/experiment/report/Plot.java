package llava4j.experiment.report;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import llava4j.experiment.judge.Estimate;

/// A plot with one line for each arm: the mean, its 95 % interval, and each seed.
///
/// @param title what the axis counts
/// @param guess a broken line: what guessing reaches
record Plot(String title, List<Line> lines, OptionalDouble guess) {
  private static final int WIDTH = 760;
  private static final int LEFT = 250;
  private static final int RIGHT = 90;
  private static final int TOP = 34;
  private static final int ROW = 34;
  private static final int BOTTOM = 46;
  private static final int TICKS = 5;
  private static final int MOST_DECIMALS = 3;
  private static final double[] NICE = {1, 2, 2.5, 5, 10};

  /// One arm.
  record Line(String name, Estimate estimate) {}

  /// The drawing, without other files.
  String svg() {
    Axis axis = axis();
    int height = TOP + ROW * lines.size() + BOTTOM;
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                + " height=\"%d\" font-family=\"sans-serif\" font-size=\"13\">%n",
            WIDTH,
            height,
            WIDTH,
            height));
    svg.append(
        String.format(
            Locale.ROOT, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>%n", WIDTH, height));
    text(svg, LEFT, 20, "start", "#222222", title);
    int bottom = TOP + ROW * lines.size();
    for (double value = axis.low(); value <= axis.high() + axis.step() / 2; value += axis.step()) {
      line(svg, axis.x(value), TOP, axis.x(value), bottom, "#dddddd", "");
      text(svg, axis.x(value), bottom + 18, "middle", "#444444", axis.label(value));
    }
    if (guess.isPresent()) {
      double x = axis.x(guess.getAsDouble());
      line(svg, x, TOP, x, bottom, "#b04a00", " stroke-dasharray=\"4 3\"");
      text(svg, x, bottom + 36, "middle", "#b04a00", "most frequent answer");
    }
    for (int i = 0; i < lines.size(); i++) {
      draw(svg, axis, lines.get(i), TOP + ROW * i + ROW / 2.0);
    }
    return svg.append("</svg>").toString();
  }

  private static void draw(StringBuilder svg, Axis axis, Line arm, double y) {
    text(svg, LEFT - 12, y + 4, "end", "#222222", arm.name());
    Estimate found = arm.estimate();
    if (found.bounded()) {
      line(
          svg,
          axis.x(found.low()),
          y,
          axis.x(found.high()),
          y,
          "#1f5fa8",
          " stroke-width=\"3\" stroke-opacity=\"0.45\"");
    }
    for (double seed : found.seeds()) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"none\" stroke=\"#1f5fa8\"/>%n",
              axis.x(seed),
              y));
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"#1f5fa8\"/>%n",
            axis.x(found.mean()),
            y));
    text(svg, WIDTH - RIGHT + 14, y + 4, "start", "#222222", Numbers.plain(found.mean()));
  }

  private static void line(
      StringBuilder svg, double x1, double y1, double x2, double y2, String color, String more) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"%s/>%n",
            x1,
            y1,
            x2,
            y2,
            color,
            more));
  }

  private static void text(
      StringBuilder svg, double x, double y, String anchor, String color, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>%n",
            x,
            y,
            anchor,
            color,
            HtmlText.escaped(text)));
  }

  /// From the lowest to the highest value that is drawn, to round numbers.
  private record Axis(double low, double high, double step) {
    double x(double value) {
      return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT);
    }

    /// With as many decimals as the step has.
    String label(double value) {
      int decimals = 0;
      double scaled = step;
      while (decimals < MOST_DECIMALS && Math.abs(scaled - Math.rint(scaled)) > 1e-9) {
        scaled *= 10;
        decimals++;
      }
      return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
  }

  private Axis axis() {
    double low = guess.orElse(Double.POSITIVE_INFINITY);
    double high = guess.orElse(Double.NEGATIVE_INFINITY);
    for (Line line : lines) {
      low = Math.min(low, line.estimate().low());
      high = Math.max(high, line.estimate().high());
      for (double seed : line.estimate().seeds()) {
        low = Math.min(low, seed);
        high = Math.max(high, seed);
      }
    }
    double span = Math.max(high - low, Math.max(1e-6, Math.abs(high) / 10));
    double power = Math.pow(10, Math.floor(Math.log10(span / TICKS)));
    double step = power;
    for (double nice : NICE) {
      step = nice * power;
      if (span / step <= TICKS) {
        break;
      }
    }
    return new Axis(
        Math.floor(low / step) * step, Math.ceil((high + step / 1000) / step) * step, step);
  }
}
