/// Converts text to token ids and back like the original tokenizers: SentencePiece and byte-level
/// BPE.
package llava4j.text.tokenizer;
