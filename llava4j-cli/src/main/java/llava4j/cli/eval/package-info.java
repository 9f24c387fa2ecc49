/// The command for benchmarks: `eval`.
package llava4j.cli.eval;
