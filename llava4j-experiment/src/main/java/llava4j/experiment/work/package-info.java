/// Makes the data, models and answers of arms, each once, in folders that are named by their
/// content.
package llava4j.experiment.work;
