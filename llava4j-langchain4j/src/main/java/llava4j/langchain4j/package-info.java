/// LLaVA as LangChain4j's `ChatModel` and `StreamingChatModel`, within the process.
package llava4j.langchain4j;
