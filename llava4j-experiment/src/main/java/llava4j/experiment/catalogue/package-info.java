/// The paper's findings as experiments, one method each, for every scale.
package llava4j.experiment.catalogue;
