/// AdamW and the learning rate over time.
package llava4j.train.optim;
