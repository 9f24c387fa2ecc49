/// Several processes as one: who they are, the collectives between them, and how a dead one is
/// noticed.
package llava4j.train.distributed;
