package llava4j.train.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import llava4j.error.BadInputException;
import llava4j.train.RunPlan;
import llava4j.train.TrainingListener;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;
import tools.jackson.databind.JsonNode;

/// Writes `loss.png` and `loss.html` from the log when a run ends.
public final class LossCurve implements TrainingListener {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 500;

  private final Path out;
  private String name = "training";

  public LossCurve(Path out) {
    this.out = out;
  }

  @Override
  public void onStart(RunPlan plan) {
    name = plan.name();
  }

  @Override
  public void onEnd(boolean finished) {
    List<JsonNode> steps = JsonlLog.read(out.resolve(JsonlLog.FILE));
    if (steps.isEmpty()) {
      return;
    }
    try {
      byte[] loss = png(lossChart(steps));
      byte[] rate = png(rateChart(steps));
      Files.write(out.resolve("loss.png"), loss);
      Files.writeString(out.resolve("loss.html"), page(steps, loss, rate));
    } catch (IOException e) {
      throw new BadInputException("the loss curve cannot be written: " + e.getMessage(), e);
    }
  }

  private XYChart lossChart(List<JsonNode> steps) {
    XYChart chart = chart(name + ": loss", "loss", HEIGHT);
    double[] x = column(steps, "step");
    double[] y = column(steps, "loss");
    if (Arrays.stream(y).allMatch(Double::isNaN)) {
      return chart; // only axes: a series needs at least one number
    }
    chart
        .addSeries("each step", x, y)
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(new Color(150, 180, 220))
        .setLineStyle(new BasicStroke(1));
    chart
        .addSeries("smoothed", x, smoothed(y))
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(new Color(20, 60, 140))
        .setLineStyle(new BasicStroke(2.5f));
    return chart;
  }

  private XYChart rateChart(List<JsonNode> steps) {
    XYChart chart = chart("learning rate", "rate", HEIGHT / 2);
    chart
        .addSeries("lr", column(steps, "step"), column(steps, "lr"))
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(new Color(20, 60, 140));
    return chart;
  }

  private static XYChart chart(String title, String yTitle, int height) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(height)
            .title(title)
            .xAxisTitle("optimiser step")
            .yAxisTitle(yTitle)
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    return chart;
  }

  private static byte[] png(XYChart chart) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", bytes);
    return bytes.toByteArray();
  }

  private static double[] column(List<JsonNode> steps, String key) {
    return steps.stream()
        .map(step -> step.path(key))
        .mapToDouble(value -> value.isNumber() ? value.asDouble() : Double.NaN)
        .toArray();
  }

  /// Exponential moving average over about a twentieth of the run; NaN values are skipped.
  private static double[] smoothed(double[] values) {
    double weight = 1 - 1 / Math.max(1, values.length / 20.0);
    double[] smooth = new double[values.length];
    double mean = Double.NaN;
    for (int i = 0; i < values.length; i++) {
      if (Double.isNaN(mean)) {
        mean = values[i];
      } else if (!Double.isNaN(values[i])) {
        mean = weight * mean + (1 - weight) * values[i];
      }
      smooth[i] = mean;
    }
    return smooth;
  }

  private String page(List<JsonNode> steps, byte[] loss, byte[] rate) {
    String title = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    double[] losses = column(steps, "loss");
    double best =
        Arrays.stream(losses).filter(value -> !Double.isNaN(value)).min().orElse(Double.NaN);
    double seconds = Arrays.stream(column(steps, "seconds")).sum();
    double samples = Arrays.stream(column(steps, "samples")).sum();
    return String.format(
        Locale.ROOT,
        """
        <!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>%s</title>
        <style>body{font-family:sans-serif;max-width:1020px;margin:2em auto}
        td{padding:.2em 1em .2em 0}img{max-width:100%%}</style>
        <h1>%s</h1>
        <table>
        <tr><td>steps</td><td>%d</td></tr>
        <tr><td>loss, first</td><td>%.4f</td></tr>
        <tr><td>loss, last</td><td>%.4f</td></tr>
        <tr><td>loss, lowest</td><td>%.4f</td></tr>
        <tr><td>time in steps</td><td>%.1f s</td></tr>
        <tr><td>samples per second</td><td>%.2f</td></tr>
        </table>
        <p><img alt="loss over steps" src="data:image/png;base64,%s"></p>
        <p><img alt="learning rate over steps" src="data:image/png;base64,%s"></p>
        </html>
        """,
        title,
        title,
        steps.size(),
        losses[0],
        losses[losses.length - 1],
        best,
        seconds,
        samples / Math.max(seconds, 1e-9),
        Base64.getEncoder().encodeToString(loss),
        Base64.getEncoder().encodeToString(rate));
  }
}
