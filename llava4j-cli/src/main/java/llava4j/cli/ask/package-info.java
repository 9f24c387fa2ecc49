/// Questions and conversations: `ask`, `chat`.
package llava4j.cli.ask;
