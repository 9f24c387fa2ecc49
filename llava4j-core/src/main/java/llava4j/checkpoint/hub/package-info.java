/// Models from a Hugging Face compatible hub, in the cache that the Python tools share.
package llava4j.checkpoint.hub;
