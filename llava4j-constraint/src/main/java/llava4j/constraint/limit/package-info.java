/// Limits on constraints, and the exception for a constraint that cannot be used.
package llava4j.constraint.limit;
