/// What a run shows: progress line, JSONL log, TensorBoard events, loss curve.
package llava4j.train.report;
