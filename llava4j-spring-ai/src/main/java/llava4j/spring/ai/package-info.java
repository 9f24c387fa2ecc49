/// LLaVA as Spring AI's `ChatModel`, within the process.
package llava4j.spring.ai;
