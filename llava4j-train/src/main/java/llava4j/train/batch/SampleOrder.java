package llava4j.train.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.global.torch;

/// In which order samples are used (spec 5.4; `LengthGroupedSampler` of the original). Random
/// permutations are libtorch's own, so a seed gives the order that PyTorch gives.
public sealed interface SampleOrder {

  /// The order of one pass.
  ///
  /// @param modalityLengths words of each sample, negative without an image
  /// @param deviceBatch samples that one process takes at once
  /// @param groups processes times micro-batches: so many device batches make a step
  /// @return sample numbers, each once
  int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed);

  /// As in the file.
  record Sequential() implements SampleOrder {
    @Override
    public int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed) {
      return IntStream.range(0, modalityLengths.length).toArray();
    }
  }

  /// At random: stage 1.
  record Shuffled() implements SampleOrder {
    @Override
    public int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed) {
      try (Permutations permutations = new Permutations(seed)) {
        return permutations.next(modalityLengths.length);
      }
    }
  }

  /// Samples of like length together.
  record LengthGrouped() implements SampleOrder {
    @Override
    public int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed) {
      int[] lengths = IntStream.of(modalityLengths).map(Math::abs).toArray();
      try (Permutations permutations = new Permutations(seed)) {
        return flatten(grouped(lengths, deviceBatch, groups, permutations));
      }
    }
  }

  /// Steps of samples of nearly one length each, so that hardly a row is padding; steps in random
  /// order. Unlike the original's orders it sorts many steps' samples at once.
  record LengthBuckets() implements SampleOrder {
    private static final int STEPS_SORTED = 64;

    @Override
    public int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed) {
      int[] lengths = IntStream.of(modalityLengths).map(Math::abs).toArray();
      int step = deviceBatch * groups;
      try (Permutations permutations = new Permutations(seed)) {
        List<int[]> steps = new ArrayList<>();
        for (int[] window : cut(permutations.next(lengths.length), step * STEPS_SORTED)) {
          steps.addAll(cut(longestFirst(window, lengths), step));
        }
        int[] last = steps.removeLast(); // the only one that may be short
        List<int[]> shuffled = new ArrayList<>();
        for (int i : permutations.next(steps.size())) {
          shuffled.add(steps.get(i));
        }
        shuffled.add(last);
        return flatten(shuffled);
      }
    }
  }

  /// Steps of one modality, samples of like length together in them: stage 2. Only the last block
  /// mixes.
  record ModalityGrouped() implements SampleOrder {
    @Override
    public int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed) {
      int[] images = where(modalityLengths, true);
      int[] texts = where(modalityLengths, false);
      try (Permutations permutations = new Permutations(seed)) {
        if (images.length == 0 || texts.length == 0) {
          return flatten(grouped(modalityLengths, deviceBatch, groups, permutations));
        }
        List<int[]> blocks = blocks(images, modalityLengths, deviceBatch, groups, permutations);
        List<int[]> textBlocks = blocks(texts, modalityLengths, deviceBatch, groups, permutations);
        int[] last =
            IntStream.concat(
                    IntStream.of(blocks.removeLast()), IntStream.of(textBlocks.removeLast()))
                .sorted()
                .toArray();
        blocks.addAll(textBlocks);
        List<int[]> shuffled = new ArrayList<>();
        for (int block : permutations.next(blocks.size())) {
          shuffled.add(blocks.get(block));
        }
        shuffled.add(last);
        return flatten(shuffled);
      }
    }

    private static int[] where(int[] lengths, boolean positive) {
      return IntStream.range(0, lengths.length).filter(i -> lengths[i] > 0 == positive).toArray();
    }

    private static List<int[]> blocks(
        int[] members, int[] lengths, int deviceBatch, int groups, Permutations permutations) {
      int[] own = IntStream.of(members).map(i -> Math.abs(lengths[i])).toArray();
      int[] order = flatten(grouped(own, deviceBatch, groups, permutations));
      int[] indices = IntStream.of(order).map(i -> members[i]).toArray();
      return cut(indices, deviceBatch * groups);
    }
  }

  /// Sorts within random megabatches and deals each to its groups.
  private static List<int[]> grouped(
      int[] lengths, int deviceBatch, int groups, Permutations permutations) {
    List<int[]> dealt = new ArrayList<>();
    for (int[] megabatch : cut(permutations.next(lengths.length), deviceBatch * groups)) {
      dealt.addAll(evenChunks(longestFirst(megabatch, lengths), lengths, groups));
    }
    return dealt;
  }

  private static int[] longestFirst(int[] indices, int[] lengths) {
    return IntStream.of(indices)
        .boxed()
        .sorted(Comparator.comparingInt((Integer i) -> lengths[i]).reversed())
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /// Deals indices to chunks of equal count and about equal length (`split_to_even_chunks`); where
  /// they do not go round, in turn.
  static List<int[]> evenChunks(int[] indices, int[] lengths, int chunks) {
    if (indices.length % chunks != 0) {
      return IntStream.range(0, chunks)
          .mapToObj(chunk ->
              IntStream.range(0, indices.length)
                  .filter(i -> i % chunks == chunk)
                  .map(i -> indices[i])
                  .toArray())
          .toList();
    }
    int size = indices.length / chunks;
    int[][] dealt = new int[chunks][size];
    int[] filled = new int[chunks];
    double[] totals = new double[chunks];
    for (int index : indices) {
      int shortest = 0;
      for (int chunk = 1; chunk < chunks; chunk++) {
        shortest = totals[chunk] < totals[shortest] ? chunk : shortest;
      }
      dealt[shortest][filled[shortest]++] = index;
      totals[shortest] =
          filled[shortest] == size ? Double.POSITIVE_INFINITY : totals[shortest] + lengths[index];
    }
    return List.of(dealt);
  }

  private static List<int[]> cut(int[] indices, int size) {
    List<int[]> pieces = new ArrayList<>();
    for (int start = 0; start < indices.length; start += size) {
      pieces.add(Arrays.copyOfRange(indices, start, Math.min(indices.length, start + size)));
    }
    return pieces;
  }

  private static int[] flatten(List<int[]> pieces) {
    return pieces.stream().flatMapToInt(IntStream::of).toArray();
  }

  /// Random permutations, one after the other, from a generator of its own.
  final class Permutations implements AutoCloseable {
    private final Generator generator;

    Permutations(long seed) {
      this.generator = torch.make_generator_cpu(seed);
    }

    int[] next(int length) {
      try (Scope _ = new Scope()) {
        return Arrays.stream(
                Tensors.toLongs(torch.randperm(length, new GeneratorOptional(generator))))
            .mapToInt(Math::toIntExact)
            .toArray();
      }
    }

    @Override
    public void close() {
      generator.close();
    }
  }
}
