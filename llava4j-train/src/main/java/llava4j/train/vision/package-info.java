/// From images to the rows that the connector reads: the frozen tower, its output remembered, a
/// tower that learns.
package llava4j.train.vision;
