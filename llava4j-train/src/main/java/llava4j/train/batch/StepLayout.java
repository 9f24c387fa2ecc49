package llava4j.train.batch;

import java.util.ArrayList;
import java.util.List;

/// Which samples each process takes in each optimiser step: groups of `deviceBatch` go to the
/// processes in turn, once around for each micro-batch (spec 5.4).
///
/// @param samples in the file
/// @param globalBatch samples of a step
public record StepLayout(long samples, int globalBatch, int deviceBatch, int processes) {

  /// Steps of one pass over the data; the last one may be short.
  public long stepsPerEpoch() {
    return Math.ceilDiv(samples, globalBatch);
  }

  /// Positions in the epoch's order that a process takes in a step, by micro-batch. Where the last
  /// step of an epoch does not go round, samples from the start of the order fill it up; a single
  /// process leaves it short instead.
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
