/// Means, intervals and the verdict on the paper's finding.
package llava4j.experiment.judge;
