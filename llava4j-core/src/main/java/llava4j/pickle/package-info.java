/// Reads Python pickles without executing anything: dictionaries, lists, texts, numbers, and the
/// names in the caller's fixed list.
package llava4j.pickle;
