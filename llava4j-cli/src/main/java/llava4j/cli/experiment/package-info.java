/// `llava experiment`.
package llava4j.cli.experiment;
