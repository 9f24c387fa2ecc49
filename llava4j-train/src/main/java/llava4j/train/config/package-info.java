/// Everything that decides what a run learns: presets, records that cannot be wrong, the file of
/// them.
package llava4j.train.config;
