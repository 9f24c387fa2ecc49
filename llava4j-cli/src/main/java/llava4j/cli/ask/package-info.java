/// Commands that answer questions: `ask`, `chat`.
package llava4j.cli.ask;
