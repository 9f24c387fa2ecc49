/// Writes an open checkpoint in another layout, complete with settings and tokenizer.
package llava4j.checkpoint.convert;
