package llava4j.spark;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.SampleFile;
import llava4j.data.check.CheckedSample;
import llava4j.data.check.DataCheck;
import llava4j.data.check.Finding;
import llava4j.data.check.Problem;
import llava4j.data.check.SampleCheck;
import llava4j.error.BadInputException;
import llava4j.error.MemoryShortageException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.SparkSession;

/// Checks training samples on all executors, as `llava data check` without counting tokens does:
/// decoding all images is what takes the time. The file of samples is read on the driver; the
/// folder of images must be at the same path on every executor.
///
/// ```java
/// new DataCheck(new SparkDataCheck(spark, Path.of("/data/images")))
///     .run(Path.of("/data/mix665k.json"), progress, List.of(tally));
/// ```
///
/// @param samplesPerJob whose texts are in the driver's memory at the same time
public record SparkDataCheck(SparkSession spark, Path images, int samplesPerJob)
    implements DataCheck.Work {
  private static final int SAMPLES = 50_000;
  private static final int PER_TASK = 200;

  public SparkDataCheck {
    if (samplesPerJob < 1) {
      throw new BadInputException("samplesPerJob must be at least 1, not " + samplesPerJob);
    }
  }

  /// @param images folder that the image paths are relative to
  public SparkDataCheck(SparkSession spark, Path images) {
    this(spark, images, SAMPLES);
  }

  @Override
  public void check(SampleFile samples, Consumer<CheckedSample> checked) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    for (int start = 0; start < samples.size(); start += samplesPerJob) {
      List<SentSample> sent = new ArrayList<>();
      for (int i = start; i < Math.min(start + samplesPerJob, samples.size()); i++) {
        sent.add(SentSample.of(samples.number(i), samples.get(i)));
      }
      List<Found> found =
          context
              .parallelize(sent, Math.ceilDiv(sent.size(), PER_TASK))
              .mapPartitions(new CheckSamples(images.toAbsolutePath().toString()))
              .collect(); // in the order of the samples
      for (int i = 0; i < found.size(); i++) {
        checked.accept(found.get(i).of(samples, start + i));
      }
    }
  }

  /// The problems of one sample.
  record Found(int number, List<SentFinding> findings) implements Serializable {

    CheckedSample of(SampleFile samples, int index) {
      Sample sample = samples.get(index);
      if (samples.number(index) != number) {
        throw new IllegalStateException("sample " + number + " came for " + samples.number(index));
      }
      return new CheckedSample(
          number,
          sample,
          samples.bytes(index),
          findings.stream()
              .map(found -> new Finding(number, sample.id(), found.problem(), found.detail()))
              .toList(),
          Optional.empty());
    }
  }

  record SentFinding(Problem problem, String detail) implements Serializable {}

  /// The work of a task.
  record CheckSamples(String images) implements FlatMapFunction<Iterator<SentSample>, Found> {

    @Override
    public Iterator<Found> call(Iterator<SentSample> sent) {
      SampleCheck check = check();
      List<Found> found = new ArrayList<>();
      while (sent.hasNext()) {
        ExecutorPlace.requireNotStopped();
        SentSample sample = sent.next();
        found.add(new Found(sample.number(), findings(check, sample)));
      }
      return found.iterator();
    }

    private static List<SentFinding> findings(SampleCheck check, SentSample sent) {
      try {
        return check.check(sent.number(), sent.sample(), new byte[0]).findings().stream()
            .map(finding -> new SentFinding(finding.problem(), finding.detail()))
            .toList();
      } catch (MemoryShortageException e) {
        throw new MemoryShortageException(ExecutorPlace.name() + ": " + e.getMessage(), e);
      }
    }

    private SampleCheck check() {
      try {
        return new SampleCheck(Path.of(images));
      } catch (BadInputException e) {
        throw new BadInputException(
            ExecutorPlace.name() + " has no folder " + images + "; bring the images there", e);
      }
    }
  }
}
