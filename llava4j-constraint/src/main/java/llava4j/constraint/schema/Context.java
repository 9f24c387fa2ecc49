package llava4j.constraint.schema;

import llava4j.constraint.limit.Deadline;
import llava4j.constraint.limit.Limits;
import llava4j.constraint.regex.RegexPool;

/// What all parts of one compilation share.
///
/// @param anyOrder whether the members of objects may come in any order
record Context(
    SchemaDocument document,
    Terms terms,
    RegexPool pool,
    Numbers numbers,
    Limits limits,
    boolean anyOrder,
    Deadline deadline) {}
