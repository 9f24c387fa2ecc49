/// Python's pickles, read without executing anything: dictionaries, lists, texts, numbers, and what
/// a caller's closed list of names allows beyond them.
package llava4j.pickle;
