package llava4j.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import llava4j.error.BadInputException;

/// The tokens for images that an original checkpoint's configuration asks for
/// (`mm_use_im_patch_token`, `mm_use_im_start_end`). The original's loader adds them to a tokenizer
/// that lacks them, in this order, behind all others.
///
/// @param patch `<im_patch>`, which no prompt has
/// @param startEnd `<im_start>` and `<im_end>` around each image
/// @param rows of the embedding
public record ImageMarks(boolean patch, boolean startEnd, int rows) {
  /// No such tokens.
  public static final ImageMarks NONE = new ImageMarks(false, false, 0);

  /// The tokens that a vocabulary lacks, with the ids that they get.
  ///
  /// @param added tokens that the vocabulary has been given
  /// @param next the first free id
  /// @param where names the folder in messages
  SortedMap<String, Integer> missing(Map<String, Integer> added, int next, String where) {
    List<String> wanted = new ArrayList<>();
    if (patch) {
      wanted.add("<im_patch>");
    }
    if (startEnd) {
      wanted.add(PromptConventions.IMAGE_START);
      wanted.add(PromptConventions.IMAGE_END);
    }
    SortedMap<String, Integer> missing = new TreeMap<>();
    for (String token : wanted) {
      int id = next + missing.size();
      if (added.containsKey(token)) {
        continue;
      }
      if (id < rows) {
        missing.put(token, id);
      } else if (!token.equals("<im_patch>")) { // that one stands in no prompt and needs no row
        throw new BadInputException(
            where
                + ": mm_use_im_start_end is true, but neither added_tokens.json nor the embedding's "
                + rows
                + " rows have a place for "
                + token
                + "; fetch the checkpoint again");
      }
    }
    return missing;
  }
}
