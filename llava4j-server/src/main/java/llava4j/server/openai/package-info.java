/// The API of OpenAI.
package llava4j.server.openai;
