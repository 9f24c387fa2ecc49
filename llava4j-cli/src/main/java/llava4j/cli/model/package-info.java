/// Commands about checkpoints: `info`, `convert`, `pull`.
package llava4j.cli.model;
