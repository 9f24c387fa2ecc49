/// Writes an open checkpoint in another layout, with all settings and the tokenizer.
package llava4j.checkpoint.convert;
