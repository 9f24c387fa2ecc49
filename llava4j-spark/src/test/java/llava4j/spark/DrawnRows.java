package llava4j.spark;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/// Rows with an image of their own each: no two alike, so that no answer is found in a cache. Some
/// are broken.
final class DrawnRows {
  static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.IntegerType)
          .add("image", DataTypes.BinaryType)
          .add("question", DataTypes.StringType);

  private static final List<String> QUESTIONS =
      List.of("What is in this image?", "What colours are there?", "Is there a circle?");
  private static final int SIDE = 96;
  private static final int ONE_BROKEN_IN = 25;

  private DrawnRows() {}

  static List<Row> of(int count) {
    List<Row> rows = new ArrayList<>();
    for (int id = 0; id < count; id++) {
      boolean broken = id % ONE_BROKEN_IN == ONE_BROKEN_IN - 1;
      rows.add(
          RowFactory.create(
              id, broken ? new byte[] {1, 2, 3} : png(id), QUESTIONS.get(id % QUESTIONS.size())));
    }
    return rows;
  }

  static Dataset<Row> in(SparkSession spark, List<Row> rows, int partitions) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    return spark.createDataFrame(context.parallelize(rows, partitions), SCHEMA);
  }

  private static byte[] png(int seed) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(seed);
    Graphics2D pen = image.createGraphics();
    for (int i = 0; i < 6; i++) {
      pen.setColor(new Color(random.nextInt(1 << 24)));
      int size = 10 + random.nextInt(60);
      pen.fillOval(random.nextInt(SIDE), random.nextInt(SIDE), size, size);
      pen.fillRect(random.nextInt(SIDE), random.nextInt(SIDE), size / 2, size);
    }
    pen.dispose();
    try (ByteArrayOutputStream bytes = new ByteArrayOutputStream()) {
      ImageIO.write(image, "png", bytes);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
