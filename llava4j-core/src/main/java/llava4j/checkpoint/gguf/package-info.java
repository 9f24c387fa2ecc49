/// GGUF, the format of llama.cpp: reading with dequantisation, writing, and the way between its
/// names and ours.
package llava4j.checkpoint.gguf;
