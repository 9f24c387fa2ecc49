/// `llava bench`: measures a model's speed and memory, and compares it with llama.cpp.
package llava4j.cli.bench;
