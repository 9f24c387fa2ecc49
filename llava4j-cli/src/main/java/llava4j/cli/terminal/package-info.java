/// Output on the terminal: error messages, progress, the standard error stream.
package llava4j.cli.terminal;
