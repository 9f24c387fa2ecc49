/// Measurements, each against something run beside it in the same process, with an answer that is
/// checked. Started by `make bench BENCH=name`.
package llava4j.benchmarks;
