/// GGUF, the format of llama.cpp: reading it (metadata, tensors, quantised blocks), the names it
/// gives to the tensors of a LLaVA model, and writing it.
package llava4j.checkpoint.gguf;
