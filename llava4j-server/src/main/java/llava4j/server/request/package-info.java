/// Fields of a request with their types, and refusals in one sentence.
package llava4j.server.request;
