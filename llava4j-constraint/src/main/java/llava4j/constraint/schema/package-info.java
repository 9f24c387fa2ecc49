/// JSON Schema, compiled to symbols of the automaton.
package llava4j.constraint.schema;
