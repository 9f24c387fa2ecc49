/// Machine code of x86-64 written at run time: an assembler for the instructions that our kernels
/// need, and memory that the processor runs it from (ADR 47). Knows nothing of models.
package llava4j.assembly;
