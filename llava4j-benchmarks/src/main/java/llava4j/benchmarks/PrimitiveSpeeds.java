package llava4j.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;

/// What one process of this machine needs for single operations, while the other processes do the
/// same.
///
/// @param processes that measured at the same time
/// @param product by the operations of a matrix product
/// @param pass by the bytes that an operator reads and writes
/// @param attention by the operations of an attention, forward and backward
/// @param gather by the bytes of the whole tensor; empty for one process
/// @param reduceScatter likewise
/// @param allReduce likewise
/// @param runtime bytes of a process that trains a model of no size
record PrimitiveSpeeds(
    int processes,
    Curve product,
    Curve pass,
    Curve attention,
    Curve gather,
    Curve reduceScatter,
    Curve allReduce,
    long runtime) {
  static final String MARK = "speeds";

  static PrimitiveSpeeds parse(String line) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String word : line.substring(MARK.length()).strip().split(" ", -1)) {
      String[] parts = word.split(":", 2);
      values.put(parts[0], parts[1]);
    }
    return new PrimitiveSpeeds(
        Integer.parseInt(values.get("processes")),
        Curve.parse(values.get("product")),
        Curve.parse(values.get("pass")),
        Curve.parse(values.get("attention")),
        Curve.parse(values.get("gather")),
        Curve.parse(values.get("reduceScatter")),
        Curve.parse(values.get("allReduce")),
        Long.parseLong(values.get("runtime")));
  }

  String line() {
    return MARK
        + " processes:"
        + processes
        + " product:"
        + product
        + " pass:"
        + pass
        + " attention:"
        + attention
        + " gather:"
        + gather
        + " reduceScatter:"
        + reduceScatter
        + " allReduce:"
        + allReduce
        + " runtime:"
        + runtime;
  }
}
