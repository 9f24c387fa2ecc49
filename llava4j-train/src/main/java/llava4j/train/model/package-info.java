/// The model in training: parameter units, decoder blocks forward and backward, input stage, loss
/// head, training objective. Start reading at `TrainingModel`.
package llava4j.train.model;
