/// Safetensors files: memory-mapped reading, writing in shards.
package llava4j.checkpoint.safetensors;
