/// Turns samples into batches: token ids, labels, sample order, collation, prefetch.
package llava4j.train.batch;
