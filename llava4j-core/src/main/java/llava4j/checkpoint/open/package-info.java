/// Opens whatever a user names: folders of every layout, GGUF files, adapters and connectors over a
/// base.
package llava4j.checkpoint.open;
