/// The server as a whole: what an application or the command starts.
package llava4j.server;
