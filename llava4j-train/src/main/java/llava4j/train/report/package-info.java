/// Output of a run for the user: progress line, JSONL log, TensorBoard events, loss curve, length
/// chart.
package llava4j.train.report;
