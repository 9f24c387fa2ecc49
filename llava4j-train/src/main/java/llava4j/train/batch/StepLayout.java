package llava4j.train.batch;

import java.util.ArrayList;
import java.util.List;

/// Assigns samples to processes and micro-batches in each optimiser step: groups of `deviceBatch`
/// samples go to the processes in turn, one round for each micro-batch (spec 5.4).
///
/// @param samples number of samples in the file
/// @param globalBatch samples of one step
/// @param deviceBatch samples of one micro-batch on one process
public record StepLayout(long samples, int globalBatch, int deviceBatch, int processes) {

  /// Steps of one epoch; the last one may have fewer samples.
  public long stepsPerEpoch() {
    return Math.ceilDiv(samples, globalBatch);
  }

  /// Positions in the epoch's order that a process uses in a step, by micro-batch. If the samples
  /// of an epoch's last step do not fill all processes, samples from the start of the order are
  /// added; a single process leaves the step short instead.
  ///
  /// @param stepOfEpoch counted from 0
  public List<List<Long>> positions(long stepOfEpoch, int rank) {
    long start = stepOfEpoch * globalBatch;
    long length = Math.min(globalBatch, samples - start);
    long round = (long) deviceBatch * processes;
    long filled = processes == 1 ? length : Math.ceilDiv(length, round) * round;
    List<List<Long>> microBatches = new ArrayList<>();
    for (long first = (long) rank * deviceBatch; first < filled; first += round) {
      List<Long> group = new ArrayList<>();
      for (long i = first; i < Math.min(first + deviceBatch, filled); i++) {
        group.add((start + i) % samples);
      }
      microBatches.add(group);
    }
    return microBatches;
  }
}
