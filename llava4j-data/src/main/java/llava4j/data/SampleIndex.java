package llava4j.data;

import java.util.Arrays;

/// Positions of the samples in a file.
///
/// @param starts byte offset of each sample
/// @param lengths length of each sample in bytes
/// @param modality number of words of each sample, negative for a sample without an image
/// @param numbers index of each sample among all entries of the file, broken ones included
record SampleIndex(long[] starts, int[] lengths, int[] modality, int[] numbers) {

  int size() {
    return starts.length;
  }

  /// Collects samples while the file is read.
  static final class Builder {
    private long[] starts = new long[1024];
    private int[] lengths = new int[1024];
    private int[] modality = new int[1024];
    private int[] numbers = new int[1024];
    private int count;

    void add(long start, int length, int number, Sample sample) {
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, 2 * count);
        lengths = Arrays.copyOf(lengths, 2 * count);
        modality = Arrays.copyOf(modality, 2 * count);
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      starts[count] = start;
      lengths[count] = length;
      modality[count] = sample.modalityLength();
      numbers[count] = number;
      count++;
    }

    SampleIndex build() {
      return new SampleIndex(
          Arrays.copyOf(starts, count),
          Arrays.copyOf(lengths, count),
          Arrays.copyOf(modality, count),
          Arrays.copyOf(numbers, count));
    }
  }
}
