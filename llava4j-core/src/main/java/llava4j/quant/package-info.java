/// Our own kernels for inference on the CPU. Only this package uses the Vector API.
package llava4j.quant;
