package llava4j.train.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import llava4j.data.Lengths;
import llava4j.error.BadInputException;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// A chart of the sample lengths of a file.
public final class LengthChart {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 500;
  private static final int BARS = 80;

  private LengthChart() {}

  /// Draws a histogram of the lengths, and a line at the limit.
  ///
  /// @param lengths of all samples
  /// @param maxLength length to which samples are truncated
  /// @param path PNG file to write
  /// @throws BadInputException if the file cannot be written
  public static void write(Lengths lengths, int maxLength, Path path) {
    List<Lengths.Bin> bins = lengths.bins(BARS);
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Length of samples")
            .xAxisTitle("tokens (text and image)")
            .yAxisTitle("samples")
            .build();
    chart
        .getStyler()
        .setChartBackgroundColor(Color.WHITE)
        .setLegendPosition(LegendPosition.InsideNE);
    chart
        .getStyler()
        .setDefaultSeriesRenderStyle(XYSeriesRenderStyle.StepArea)
        .setYAxisMin(0.0)
        .setXAxisMin(0.0);
    double[] from = new double[bins.size() + 1];
    double[] count = new double[bins.size() + 1];
    for (int i = 0; i < bins.size(); i++) {
      from[i] = bins.get(i).from();
      count[i] = bins.get(i).count();
    }
    from[bins.size()] = bins.getLast().to() + 1.0;
    count[bins.size()] = 0;
    chart
        .addSeries("samples", from, count)
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(new Color(20, 60, 140))
        .setLineStyle(new BasicStroke(1.5f))
        .setFillColor(new Color(150, 180, 220));
    double most = bins.stream().mapToLong(Lengths.Bin::count).max().orElse(1);
    chart
        .addSeries(
            "truncated at " + maxLength,
            new double[] {maxLength, maxLength},
            new double[] {0, most})
        .setXYSeriesRenderStyle(XYSeriesRenderStyle.Line)
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(new Color(204, 0, 0))
        .setLineStyle(
            new BasicStroke(
                1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {8, 6}, 0));
    try {
      if (!ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", path.toFile())) {
        throw new IllegalStateException("no PNG writer");
      }
    } catch (IOException e) {
      throw new BadInputException(path + " cannot be written: " + e.getMessage(), e);
    }
  }
}
