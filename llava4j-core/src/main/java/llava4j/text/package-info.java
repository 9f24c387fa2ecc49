/// Tokenizers, conversation templates, and the way from a prompt to token ids with image slots.
package llava4j.text;
