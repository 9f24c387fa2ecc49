/// The model in training: units of parameters, blocks forward and backward, input stage, loss head,
/// and what a run minimises. Start reading at `TrainingModel`.
package llava4j.train.model;
