/// `llava bench`: a model's speed and memory as its user has them, and beside it another program's.
package llava4j.cli.bench;
