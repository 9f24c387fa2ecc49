/// What a checkpoint holds and where it comes from: `info`, `convert`, `pull`.
package llava4j.cli.model;
