/// The public API for applications that embed llava4j: load a model, ask questions, chat.
package llava4j;
