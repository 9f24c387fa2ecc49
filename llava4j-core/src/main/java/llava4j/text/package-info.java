/// Tokenizers, conversation templates, and the conversion of a prompt to token ids with image
/// slots.
package llava4j.text;
