package llava4j.constraint.schema;

/// A value that may stand at a place, and which demands of its surroundings it meets.
///
/// @param bits numbers of the demands, as bits
record Option(Value value, int bits) {}
