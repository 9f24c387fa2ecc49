/// Benchmarks by command: `eval`.
package llava4j.cli.eval;
