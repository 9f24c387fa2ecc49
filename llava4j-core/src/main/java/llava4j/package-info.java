/// The door: load a model, ask it, chat with it. All that an embedder needs.
package llava4j;
