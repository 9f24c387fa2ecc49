/// Exports the result of a run from its checkpoint in the layouts of other programs.
package llava4j.train.export;
