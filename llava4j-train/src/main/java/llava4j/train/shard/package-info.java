/// Parameters as flat units, whole or dealt to processes (ZeRO stages 0 to 3).
package llava4j.train.shard;
