package llava4j.train.shard;

import llava4j.tensor.DType;

/// The element type in which gradients travel between processes.
public enum GradientExchange {
  /// That of the gradients, fp32.
  EXACT,
  /// bf16: half the bytes. Each process rounds its gradients before the sum, and the sum is in bf16
  /// too, so its relative error grows with the number of processes, from 0.4 %.
  BF16;

  /// @param exact the element type of the gradients
  public DType type(DType exact) {
    return this == BF16 ? DType.BF16 : exact;
  }
}
