/// Safetensors files, read by mapping and written in shards.
package llava4j.checkpoint.safetensors;
