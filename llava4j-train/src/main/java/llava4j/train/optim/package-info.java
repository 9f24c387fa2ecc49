/// The AdamW optimiser and learning-rate schedules.
package llava4j.train.optim;
