/// What has to be there before Java starts with a GPU: NVIDIA's driver, libtorch with CUDA, and
/// NVIDIA's libraries. Run by the launchers as a program of its own, and only if a GPU is asked for
/// (ADR 41).
package llava4j.cli.gpu;
