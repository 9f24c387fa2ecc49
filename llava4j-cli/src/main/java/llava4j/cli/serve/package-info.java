/// The command that serves a model over HTTP.
package llava4j.cli.serve;
