/// Distributed training: identity of a process, collective operations, heartbeats that detect a
/// lost process.
package llava4j.train.distributed;
