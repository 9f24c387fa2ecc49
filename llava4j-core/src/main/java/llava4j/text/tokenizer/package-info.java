/// Text to token ids and back, equal to the original tokenizers: SentencePiece and byte-level BPE.
package llava4j.text.tokenizer;
