package llava4j.train.state;

import java.util.List;

/// The metadata of a checkpoint.
///
/// @param step number of optimiser steps done
/// @param processes number of processes that wrote the checkpoint, one file each
/// @param units the trained units, in order
/// @param config the run's configuration as JSON text
/// @param data fingerprint of the sample file
/// @param samples number of samples in that file
/// @param base fingerprint of the base model
public record RunState(
    long step,
    int processes,
    List<SavedUnit> units,
    String config,
    String data,
    long samples,
    String base) {

  /// The number of elements of a unit, without padding.
  public record SavedUnit(String name, long elements) {}

  public RunState {
    units = List.copyOf(units);
  }
}
