package llava4j.data.mixture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import llava4j.data.Sample;
import llava4j.data.Turn.Speaker;
import llava4j.data.mixture.rule.HashSample;
import llava4j.data.mixture.rule.ImagePlacement;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.source.ReadCounts;
import llava4j.data.mixture.source.SourceReader;
import llava4j.error.BadInputException;

/// Builds a mixture: reads its sources one after the other and writes all samples in that order.
/// Training shuffles them.
public final class MixtureBuild {
  private final List<MixtureSource> sources;
  private final SourceFolder folder;
  private final MixtureOptions options;

  private MixtureBuild(List<MixtureSource> sources, SourceFolder folder, MixtureOptions options) {
    this.sources = sources;
    this.folder = folder;
    this.options = options;
  }

  /// Checks that every file exists; reads none.
  ///
  /// @param folder folder with one subfolder for each source
  /// @throws BadInputException if files are missing; the message names them
  public static MixtureBuild of(Path folder, List<MixtureSource> sources, MixtureOptions options) {
    return new MixtureBuild(List.copyOf(sources), SourceFolder.locate(folder, sources), options);
  }

  /// Writes the mixture; the file appears complete or not at all.
  ///
  /// @return one result for each source
  /// @throws BadInputException if a file is invalid, or no source has a sample
  public List<SourceResult> write(Path out, BuildListener listener) {
    List<SourceResult> results = new ArrayList<>();
    SourceReaders readers = new SourceReaders(folder, options, progress(listener));
    try (SampleWriter writer = SampleWriter.open(out)) {
      for (MixtureSource source : sources) {
        listener.onSource(source);
        SourceResult result = write(source, readers, writer);
        results.add(result);
        listener.onResult(result);
      }
      if (writer.count() == 0) {
        throw new BadInputException(
            "none of the sources contains a usable sample, so "
                + out
                + " is not written; see the counts");
      }
      writer.commit();
    }
    return results;
  }

  private SourceResult write(MixtureSource source, SourceReaders readers, SampleWriter writer) {
    SourceReader reader = readers.open(source);
    OptionalInt max = maxSamples(source);
    HashSample subset = new HashSample(readers.chanceOf(source), max.orElse(0));
    if (max.isPresent()) {
      reader.read(
          onlyValid(new ReadCounts(), sample -> subset.offer(sample.id())), new ReadCounts());
    }
    ReadCounts counts = new ReadCounts();
    long before = writer.count();
    reader.read(
        onlyValid(
            counts,
            sample -> {
              if (max.isEmpty() || subset.contains(sample.id())) {
                writer.write(sample);
              } else {
                counts.add(Incident.NOT_DRAWN);
              }
            }),
        counts);
    return new SourceResult(source, counts.rows(), writer.count() - before, counts.incidents());
  }

  /// Passes on samples in which the image placeholder occurs exactly once, in the first question,
  /// or not at all if there is no image. Training cannot use others.
  private static Consumer<Sample> onlyValid(ReadCounts counts, Consumer<Sample> next) {
    return sample -> {
      int expected = sample.image().isPresent() ? 1 : 0;
      int all = sample.turns().stream().mapToInt(turn -> ImagePlacement.count(turn.text())).sum();
      boolean inFirst =
          sample.turns().getFirst().speaker() == Speaker.HUMAN
              && ImagePlacement.count(sample.turns().getFirst().text()) == expected;
      if (all == expected && inFirst) {
        next.accept(sample);
      } else {
        counts.add(Incident.STRAY_PLACEHOLDER);
      }
    };
  }

  /// The number of samples to draw from a source that the paper did not use completely.
  private OptionalInt maxSamples(MixtureSource source) {
    return switch (source) {
      case OCR_VQA -> OptionalInt.of(options.ocrVqaConversations());
      case VISUAL_GENOME -> OptionalInt.of(options.genomeImages());
      default -> OptionalInt.empty();
    };
  }

  private LongConsumer progress(BuildListener listener) {
    long total = 0;
    for (MixtureSource source : sources) {
      int passes = maxSamples(source).isPresent() ? 2 : 1;
      for (List<Path> files : folder.files().get(source)) {
        for (Path file : files) {
          total += passes * size(file);
        }
      }
    }
    long all = total;
    AtomicLong done = new AtomicLong();
    return bytes -> listener.onBytes(done.addAndGet(bytes), all);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
