/// Prefill, the decode loop, samplers and beams, stop conditions, and the cache that chats share.
package llava4j.generate;
