/// Opens the checkpoints that a user names: folders of every layout, GGUF files, adapters and
/// projectors with a base.
package llava4j.checkpoint.open;
