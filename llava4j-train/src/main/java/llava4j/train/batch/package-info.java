/// From samples to batches: token ids with label masks, the order of samples, collation, prefetch.
package llava4j.train.batch;
