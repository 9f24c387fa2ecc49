/// Which kernels multiply quantised weights: checked and timed when asked (ADR 43).
package llava4j.model.kernel;
