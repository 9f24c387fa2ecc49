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

/// Builds a mixture: its sources one after the other, every sample with the same weight. The order
/// is that of the sources; training shuffles.
public final class MixtureBuild {
  private final List<MixtureSource> sources;
  private final SourceFolder folder;
  private final MixtureOptions options;

  private MixtureBuild(List<MixtureSource> sources, SourceFolder folder, MixtureOptions options) {
    this.sources = sources;
    this.folder = folder;
    this.options = options;
  }

  /// Finds every file; reads none.
  ///
  /// @param folder holds a folder for each source
  /// @throws BadInputException that names what is missing
  public static MixtureBuild of(Path folder, List<MixtureSource> sources, MixtureOptions options) {
    return new MixtureBuild(List.copyOf(sources), SourceFolder.locate(folder, sources), options);
  }

  /// Writes the mixture, which appears whole or not at all.
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
            "none of the sources gives a sample, so " + out + " is not written; see the counts");
      }
      writer.commit();
    }
    return results;
  }

  private SourceResult write(MixtureSource source, SourceReaders readers, SampleWriter writer) {
    SourceReader reader = readers.open(source);
    OptionalInt most = mostOf(source);
    HashSample lottery = new HashSample(readers.draws(source), most.orElse(0));
    if (most.isPresent()) {
      reader.read(sound(new ReadCounts(), sample -> lottery.enter(sample.id())), new ReadCounts());
    }
    ReadCounts counts = new ReadCounts();
    long before = writer.count();
    reader.read(
        sound(
            counts,
            sample -> {
              if (most.isEmpty() || lottery.won(sample.id())) {
                writer.write(sample);
              } else {
                counts.add(Incident.NOT_DRAWN);
              }
            }),
        counts);
    return new SourceResult(source, counts.rows(), writer.count() - before, counts.incidents());
  }

  /// Passes on samples whose placeholder stands once, in the first turn, or nowhere if they have no
  /// image; training could not use others.
  private static Consumer<Sample> sound(ReadCounts counts, Consumer<Sample> next) {
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

  /// How many samples are drawn of a source of which the paper took a part.
  private OptionalInt mostOf(MixtureSource source) {
    return switch (source) {
      case OCR_VQA -> OptionalInt.of(options.ocrVqaConversations());
      case VISUAL_GENOME -> OptionalInt.of(options.genomeImages());
      default -> OptionalInt.empty();
    };
  }

  private LongConsumer progress(BuildListener listener) {
    long total = 0;
    for (MixtureSource source : sources) {
      int passes = mostOf(source).isPresent() ? 2 : 1;
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
