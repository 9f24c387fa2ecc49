/// Which kernels multiply quantised weights: checked and timed once per machine (ADR 43).
package llava4j.model.kernel;
