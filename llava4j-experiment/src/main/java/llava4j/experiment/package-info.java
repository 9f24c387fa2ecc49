/// Runs the paper's findings again, or plans it.
package llava4j.experiment;
