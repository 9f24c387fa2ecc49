/// Regular languages of code points: parsed from ECMA-262, combined, and read character by
/// character through derivatives.
package llava4j.constraint.regex;
