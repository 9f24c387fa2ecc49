/// The KV cache of earlier tokens, and the attention mask.
package llava4j.model.cache;
