package llava4j.train.state;

import java.util.List;

/// What a checkpoint knows beside its tensors.
///
/// @param step optimiser steps done
/// @param processes that wrote it, each a file
/// @param units in order
/// @param config the run's configuration as JSON text
/// @param data fingerprint of the sample file
/// @param samples in that file
/// @param base fingerprint of the base model
public record RunState(
    long step,
    int processes,
    List<SavedUnit> units,
    String config,
    String data,
    long samples,
    String base) {

  /// The unpadded length of a unit.
  public record SavedUnit(String name, long elements) {}

  public RunState {
    units = List.copyOf(units);
  }
}
