package llava4j.text.tokenizer;

/// Turns a stream of ids into pieces of text, never half a character, never a piece that a later id
/// would change. Special tokens give no text. The pieces together are `decode(ids, skipSpecial =
/// true)`, at a cost that grows with the number of ids and no faster.
///
/// One belongs to one stream and one thread.
public sealed interface StreamingDetokenizer
    permits SlowDetokenizer, FastDetokenizer, ByteLevelDetokenizer, HoldingDetokenizer {

  /// The text that this id settles; often empty.
  String accept(int id);

  /// What is left at the end of the stream; broken characters as U+FFFD.
  String finish();
}
