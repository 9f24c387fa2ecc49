package llava4j.train.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import llava4j.text.PromptEncoder;

/// For each position ("row") of a batch: which token or image token it holds, and which token it
/// must predict. Image tokens are spliced in, the sequence is truncated to the limit and padded on
/// the right (spec 1.4). Computed on the host.
///
/// Rows are numbered row-major over [sequences, tokens]; the index arrays hold such numbers.
///
/// @param sequences number of sequences of the batch
/// @param tokens length of each sequence, padding included
/// @param ids token id of each row, 0 for image tokens and padding, [sequences * tokens]
/// @param positions position ids for the rotary embedding, [sequences * tokens]
/// @param segments index of the row's sample within its sequence, -1 for padding, [sequences *
///   tokens]
/// @param textRows rows that hold a text token
/// @param imageRows rows that hold an image token
/// @param imageSources for each of `imageRows` the index of its image token within the batch
/// @param predictors rows whose next token is supervised
/// @param targets for each of `predictors` the id to predict
/// @param packed whether several samples may share a sequence
public record SequencePlan(
    int sequences,
    int tokens,
    long[] ids,
    long[] positions,
    int[] segments,
    long[] textRows,
    long[] imageRows,
    long[] imageSources,
    long[] predictors,
    long[] targets,
    boolean packed) {

  /// Plans a batch.
  ///
  /// @param texts token ids and labels of each sample
  /// @param sources for each sample and each of its images the indices of its image tokens
  /// @param maxLength maximum number of tokens of a sample; the rest is truncated
  /// @param packing whether to put several samples into one sequence of at most `maxLength` tokens
  public static SequencePlan of(
      List<LabelledTokens> texts, List<List<int[]>> sources, int maxLength, boolean packing) {
    List<Spliced> samples = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      samples.add(Spliced.of(texts.get(i), sources.get(i)).cut(maxLength));
    }
    List<List<Spliced>> sequences = packing ? pack(samples, maxLength) : singles(samples);
    int tokens = sequences.stream().mapToInt(SequencePlan::length).max().orElse(0);
    return new Builder(sequences, tokens).build(packing);
  }

  /// Number of rows that are not padding.
  public long realRows() {
    return (long) textRows.length + imageRows.length;
  }

  /// Number of positions of a sample that contribute to the loss, after splicing and truncation.
  public static int supervised(LabelledTokens text, List<int[]> sources, int maxLength) {
    Spliced sample = Spliced.of(text, sources).cut(maxLength);
    int count = 0;
    for (int i = 1; i < sample.labels.length; i++) {
      count += sample.labels[i] == LabelledTokens.IGNORED ? 0 : 1;
    }
    return count;
  }

  private static List<List<Spliced>> singles(List<Spliced> samples) {
    return samples.stream().map(List::of).toList();
  }

  /// First fit: each sample goes into the first sequence with enough space.
  private static List<List<Spliced>> pack(List<Spliced> samples, int maxLength) {
    List<List<Spliced>> sequences = new ArrayList<>();
    for (Spliced sample : samples) {
      List<Spliced> withSpace =
          sequences.stream()
              .filter(sequence -> length(sequence) + sample.labels.length <= maxLength)
              .findFirst()
              .orElse(null);
      if (withSpace == null) {
        withSpace = new ArrayList<>();
        sequences.add(withSpace);
      }
      withSpace.add(sample);
    }
    return sequences;
  }

  private static int length(List<Spliced> sequence) {
    return sequence.stream().mapToInt(sample -> sample.labels.length).sum();
  }

  /// A sample after splicing, with one row per text token and image token.
  ///
  /// @param ids -1 for image tokens
  /// @param sources index of the image token, -1 for text tokens
  private record Spliced(long[] ids, long[] sources, int[] labels) {
    static Spliced of(LabelledTokens text, List<int[]> images) {
      LongStream.Builder ids = LongStream.builder();
      LongStream.Builder sources = LongStream.builder();
      List<Integer> labels = new ArrayList<>();
      int next = 0;
      for (int i = 0; i < text.ids().length; i++) {
        if (text.ids()[i] == PromptEncoder.IMAGE_SLOT) {
          for (int source : images.get(next++)) {
            ids.add(-1);
            sources.add(source);
            labels.add(LabelledTokens.IGNORED);
          }
        } else {
          ids.add(text.ids()[i]);
          sources.add(-1);
          labels.add(text.labels()[i]);
        }
      }
      if (next != images.size()) {
        throw new IllegalArgumentException(next + " slots for " + images.size() + " images");
      }
      return new Spliced(
          ids.build().toArray(),
          sources.build().toArray(),
          labels.stream().mapToInt(Integer::intValue).toArray());
    }

    Spliced cut(int maxLength) {
      int length = Math.min(maxLength, labels.length);
      return new Spliced(
          Arrays.copyOf(ids, length),
          Arrays.copyOf(sources, length),
          Arrays.copyOf(labels, length));
    }
  }

  /// Fills the arrays.
  private static final class Builder {
    private final List<List<Spliced>> sequences;
    private final int tokens;
    private final long[] ids;
    private final long[] positions;
    private final int[] segments;
    private final LongStream.Builder textRows = LongStream.builder();
    private final LongStream.Builder imageRows = LongStream.builder();
    private final LongStream.Builder imageSources = LongStream.builder();
    private final LongStream.Builder predictors = LongStream.builder();
    private final LongStream.Builder targets = LongStream.builder();

    Builder(List<List<Spliced>> sequences, int tokens) {
      this.sequences = sequences;
      this.tokens = tokens;
      int rows = Math.multiplyExact(sequences.size(), tokens);
      this.ids = new long[rows];
      this.positions = new long[rows];
      this.segments = new int[rows];
      Arrays.fill(segments, -1);
    }

    SequencePlan build(boolean packed) {
      for (int sequence = 0; sequence < sequences.size(); sequence++) {
        int row = sequence * tokens;
        for (int segment = 0; segment < sequences.get(sequence).size(); segment++) {
          Spliced sample = sequences.get(sequence).get(segment);
          add(sample, row, segment);
          row += sample.labels.length;
        }
      }
      return new SequencePlan(
          sequences.size(),
          tokens,
          ids,
          positions,
          segments,
          textRows.build().toArray(),
          imageRows.build().toArray(),
          imageSources.build().toArray(),
          predictors.build().toArray(),
          targets.build().toArray(),
          packed);
    }

    private void add(Spliced sample, int start, int segment) {
      for (int i = 0; i < sample.labels.length; i++) {
        int row = start + i;
        positions[row] = i;
        segments[row] = segment;
        if (sample.sources[i] >= 0) {
          imageRows.add(row);
          imageSources.add(sample.sources[i]);
        } else {
          ids[row] = sample.ids[i];
          textRows.add(row);
        }
        if (i > 0 && sample.labels[i] != LabelledTokens.IGNORED) {
          predictors.add(row - 1L);
          targets.add(sample.labels[i]);
        }
      }
    }
  }
}
