package llava4j.text.tokenizer;

/// Converts a stream of ids to pieces of text. It never returns half a character, or text that a
/// later id would change. Special tokens give no text. All pieces together are `decode(ids,
/// skipSpecial = true)`. The cost is linear in the number of ids.
///
/// Each instance is for one stream and one thread.
public sealed interface StreamingDetokenizer
    permits SlowDetokenizer, FastDetokenizer, ByteLevelDetokenizer, HoldingDetokenizer {

  /// The text that is final after this id; often empty.
  String accept(int id);

  /// The remaining text at the end of the stream; invalid characters are U+FFFD.
  String finish();
}
