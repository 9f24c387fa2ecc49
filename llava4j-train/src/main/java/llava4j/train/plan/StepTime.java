package llava4j.train.plan;

import java.util.EnumMap;
import java.util.Map;
import llava4j.train.plan.Work.Part;

/// The predicted duration of one step of one process, in seconds.
///
/// @param products matrix products
/// @param attention fused attention
/// @param passes operators that only move numbers
/// @param launches what the host needs longer to start operators than the device to run them
/// @param transfers all collective operations
/// @param hidden the part of `transfers` that runs beside computation
/// @param ofParts computation by the part of the step
public record StepTime(
    double products,
    double attention,
    double passes,
    double launches,
    double transfers,
    double hidden,
    Map<Part, Double> ofParts) {

  public StepTime {
    ofParts = Map.copyOf(ofParts);
  }

  /// Adds up all operations of a step. The device computes one operator after the other, so their
  /// times add; a GPU's host starts them meanwhile, so the longer of both counts. Weights that are
  /// gathered early, and gradients that are summed while backward goes on, cost only what the
  /// computation beside them does not cover; every other transfer is waited for.
  public static StepTime of(StepWork step, Machine machine) {
    double products = 0;
    double attention = 0;
    double passes = 0;
    double launches = 0;
    double waited = 0;
    Map<Part, Double> computed = new EnumMap<>(Part.class);
    Map<Part, Double> beside = new EnumMap<>(Part.class); // transfers
    Map<Part, Double> shares = new EnumMap<>(Part.class); // of the computation, for them
    for (Work work : step.work()) {
      double seconds =
          work.times()
              * switch (work) {
                case Work.Product product -> machine.seconds(product);
                case Work.Attend attend -> machine.seconds(attend);
                case Work.Pass pass -> machine.seconds(pass);
                case Work.Transfer transfer -> machine.seconds(transfer);
              };
      switch (work) {
        case Work.Product _ -> products += seconds;
        case Work.Attend _ -> attention += seconds;
        case Work.Pass _ -> passes += seconds;
        case Work.Transfer transfer -> {
          if (transfer.beside() > 0 && machine.overlaps()) {
            beside.merge(transfer.part(), seconds, Double::sum);
            shares.merge(transfer.part(), transfer.beside(), Math::max);
          } else {
            waited += seconds;
          }
        }
      }
      if (!(work instanceof Work.Transfer)) {
        computed.merge(work.part(), seconds, Double::sum);
        launches += work.times() * machine.launchSeconds();
      }
    }
    double hidden = 0;
    double all = waited;
    for (Map.Entry<Part, Double> one : beside.entrySet()) {
      double covering =
          computed.getOrDefault(one.getKey(), 0.0)
              + (one.getKey() == Part.BACKWARD ? computed.getOrDefault(Part.RECOMPUTE, 0.0) : 0);
      hidden += Math.min(one.getValue(), covering * shares.get(one.getKey()));
      all += one.getValue();
    }
    double waiting = Math.max(0, launches - (products + attention + passes));
    return new StepTime(products, attention, passes, waiting, all, hidden, computed);
  }

  /// Computation alone.
  public double computeSeconds() {
    return products + attention + passes + launches;
  }

  /// The whole step.
  public double seconds() {
    return computeSeconds() + transfers - hidden;
  }
}
