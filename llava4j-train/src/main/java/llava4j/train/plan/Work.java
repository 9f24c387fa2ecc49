package llava4j.train.plan;

/// One kind of operation of a training step, and how often one process runs it in a step.
public sealed interface Work {

  /// The part of the step.
  Part part();

  /// How often.
  double times();

  /// Parts of a step.
  enum Part {
    /// The frozen or trained vision tower.
    TOWER,
    /// Projector and embedding table.
    INPUT,
    /// The decoder blocks, forward.
    FORWARD,
    /// The decoder blocks, forward again for the gradients (gradient checkpointing).
    RECOMPUTE,
    /// The decoder blocks, backward.
    BACKWARD,
    /// Final norm, head and loss, forward and backward.
    HEAD,
    /// Sums of gradients.
    GRADIENTS,
    /// Norm of the gradients, AdamW.
    UPDATE
  }

  /// Collective operations between processes.
  enum Collective {
    ALL_GATHER("all-gather"),
    REDUCE_SCATTER("reduce-scatter"),
    ALL_REDUCE("all-reduce");

    private final String printed;

    Collective(String printed) {
      this.printed = printed;
    }

    /// Bytes that one process sends, in units of the payload: a ring passes each of the P parts on
    /// P - 1 times, and an all-reduce is a reduce-scatter with an all-gather.
    public double sentShare(int processes) {
      double share = (processes - 1.0) / processes;
      return this == ALL_REDUCE ? 2 * share : share;
    }

    @Override
    public String toString() {
      return printed;
    }
  }

  /// A matrix product of [m, k] with [k, n].
  record Product(Part part, double m, double n, double k, double times) implements Work {
    /// Floating point operations of one.
    public double flops() {
      return 2 * m * n * k;
    }
  }

  /// Fused attention.
  ///
  /// @param flops of one, without what a causal mask skips
  record Attend(Part part, double flops, double times) implements Work {}

  /// An operator that reads and writes each number once.
  ///
  /// @param bytes read and written by one
  record Pass(Part part, double bytes, double times) implements Work {}

  /// A collective operation.
  ///
  /// @param bytes of the whole tensor, all processes' parts together
  /// @param beside the share of the computation of its part beside which it may run: 1 for that of
  ///   all micro-batches, less for that of the last one, 0 if nothing is computed meanwhile
  record Transfer(Part part, Collective kind, double bytes, double times, double beside)
      implements Work {}
}
