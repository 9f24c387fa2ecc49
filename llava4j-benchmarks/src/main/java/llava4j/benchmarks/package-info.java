/// Benchmarks. Each is compared with a reference that runs on the same machine, and its result is
/// checked. Started with `make bench BENCH=name`.
package llava4j.benchmarks;
