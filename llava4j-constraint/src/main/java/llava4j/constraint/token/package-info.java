/// The tokens of a vocabulary as a trie of their bytes.
package llava4j.constraint.token;
