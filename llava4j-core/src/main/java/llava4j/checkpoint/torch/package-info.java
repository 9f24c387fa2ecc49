/// PyTorch's ZIP files of weights: read without executing a pickle, written like `torch.save`.
package llava4j.checkpoint.torch;
