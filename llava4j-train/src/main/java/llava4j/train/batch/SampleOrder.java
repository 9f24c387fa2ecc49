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

/// The order in which samples are used (spec 5.4; `LengthGroupedSampler` of the original). Random
/// permutations come from libtorch, so a seed gives the same order as in PyTorch.
public sealed interface SampleOrder {

  /// The order of one epoch.
  ///
  /// @param modalityLengths number of words of each sample, negative for a sample without an image
  /// @param deviceBatch samples of one micro-batch on one process
  /// @param groups micro-batches of all processes in one step
  /// @return all sample indices, each once
  int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed);

  /// The order of the file.
  record Sequential() implements SampleOrder {
    @Override
    public int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed) {
      return IntStream.range(0, modalityLengths.length).toArray();
    }
  }

  /// A random permutation: stage 1.
  record Shuffled() implements SampleOrder {
    @Override
    public int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed) {
      try (Permutations permutations = new Permutations(seed)) {
        return permutations.next(modalityLengths.length);
      }
    }
  }

  /// Groups samples of similar length.
  record LengthGrouped() implements SampleOrder {
    @Override
    public int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed) {
      int[] lengths = IntStream.of(modalityLengths).map(Math::abs).toArray();
      try (Permutations permutations = new Permutations(seed)) {
        return flatten(grouped(lengths, deviceBatch, groups, permutations));
      }
    }
  }

  /// Puts samples of nearly equal length into the same step, so that there is hardly any padding;
  /// steps are in random order. Unlike the original's orders, it sorts the samples of many steps at
  /// once.
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
        int[] last = steps.removeLast(); // only this step may have fewer samples
        List<int[]> shuffled = new ArrayList<>();
        for (int i : permutations.next(steps.size())) {
          shuffled.add(steps.get(i));
        }
        shuffled.add(last);
        return flatten(shuffled);
      }
    }
  }

  /// Steps with only image samples or only text samples, grouped by similar length: stage 2. Only
  /// the last block mixes both.
  record ModalityGrouped() implements SampleOrder {
    @Override
    public int[] indices(int[] modalityLengths, int deviceBatch, int groups, long seed) {
      int[] images = indicesWhere(modalityLengths, true);
      int[] texts = indicesWhere(modalityLengths, false);
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

    private static int[] indicesWhere(int[] lengths, boolean positive) {
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

  /// Sorts the samples within each random megabatch by length and distributes them to its groups.
  private static List<int[]> grouped(
      int[] lengths, int deviceBatch, int groups, Permutations permutations) {
    List<int[]> distributed = new ArrayList<>();
    for (int[] megabatch : cut(permutations.next(lengths.length), deviceBatch * groups)) {
      distributed.addAll(evenChunks(longestFirst(megabatch, lengths), lengths, groups));
    }
    return distributed;
  }

  private static int[] longestFirst(int[] indices, int[] lengths) {
    return IntStream.of(indices)
        .boxed()
        .sorted(Comparator.comparingInt((Integer i) -> lengths[i]).reversed())
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /// Distributes indices to chunks of equal count and similar total length
  /// (`split_to_even_chunks`). If the count is not a multiple of the number of chunks, it
  /// distributes them round robin.
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
    int[][] distributed = new int[chunks][size];
    int[] filled = new int[chunks];
    double[] totals = new double[chunks];
    for (int index : indices) {
      int shortest = 0;
      for (int chunk = 1; chunk < chunks; chunk++) {
        shortest = totals[chunk] < totals[shortest] ? chunk : shortest;
      }
      distributed[shortest][filled[shortest]++] = index;
      totals[shortest] =
          filled[shortest] == size ? Double.POSITIVE_INFINITY : totals[shortest] + lengths[index];
    }
    return List.of(distributed);
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

  /// A sequence of random permutations from one generator.
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
