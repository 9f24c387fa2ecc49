/// Parameters in flat units, replicated or sharded (ZeRO stages 0 to 3).
package llava4j.train.shard;
