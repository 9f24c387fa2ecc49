/// Training: stages, the loop, what is frozen, checkpoints and resume. Start reading at `Trainer`.
package llava4j.train;
