/// Keys and values of earlier tokens, and which of them a token may see.
package llava4j.model.cache;
