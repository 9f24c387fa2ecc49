/// What a run learned, read from its checkpoint and written in the layouts that other programs
/// read.
package llava4j.train.export;
