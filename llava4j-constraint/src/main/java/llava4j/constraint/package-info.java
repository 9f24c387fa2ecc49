/// Constraints on generated texts: JSON by schema, regular expressions, choices and grammars,
/// compiled to masks over the tokens of a vocabulary.
///
/// A [llava4j.constraint.Constraint] is compiled once and shared. Each text that is generated has a
/// [llava4j.constraint.ConstraintState], which says before every token which ids are allowed.
package llava4j.constraint;
