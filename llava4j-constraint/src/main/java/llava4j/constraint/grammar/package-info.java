/// Grammars in GBNF, the notation of llama.cpp.
package llava4j.constraint.grammar;
