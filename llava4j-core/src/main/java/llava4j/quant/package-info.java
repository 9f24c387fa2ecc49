/// Our own kernels for inference on the processor: the only place that touches the Vector API.
package llava4j.quant;
