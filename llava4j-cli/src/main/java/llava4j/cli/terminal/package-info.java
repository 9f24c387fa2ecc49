/// What reaches the terminal: refusals, progress, the standard error stream.
package llava4j.cli.terminal;
