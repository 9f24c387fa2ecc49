/// Training by command: `train`, `init`.
package llava4j.cli.train;
