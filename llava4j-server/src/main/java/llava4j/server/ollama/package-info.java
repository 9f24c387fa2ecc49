/// The API of Ollama.
package llava4j.server.ollama;
