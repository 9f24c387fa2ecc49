/// PyTorch's zip files of weights, read without running a pickle and written as `torch.save` does.
package llava4j.checkpoint.torch;
