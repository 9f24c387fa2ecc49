/// Prefill, the decode loop, sampling and beam search, stop conditions, and the KV cache of chats.
package llava4j.generate;
