/// Symbols that stand for bytes, stacks of them, and the states of an automaton that is built while
/// it is used; masks over a vocabulary.
package llava4j.constraint.automaton;
