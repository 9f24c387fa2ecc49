/// Downloads models from a Hugging Face compatible hub into the cache of the Python tools.
package llava4j.checkpoint.hub;
