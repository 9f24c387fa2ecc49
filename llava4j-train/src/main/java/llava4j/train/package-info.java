/// Training: the training loop, base model, checkpoints and resume. Start reading at `Trainer`.
package llava4j.train;
