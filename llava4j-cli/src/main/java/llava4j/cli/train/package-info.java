/// Commands for training: `train`, `init`.
package llava4j.cli.train;
