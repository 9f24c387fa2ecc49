package llava4j.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import llava4j.error.BadInputException;

/// The tokens around images in checkpoints of the original layout (`mm_use_im_patch_token`,
/// `mm_use_im_start_end`). If they are missing in the tokenizer, the original loader appends them
/// in this order.
///
/// @param patch `<im_patch>`, which does not occur in prompts
/// @param startEnd `<im_start>` and `<im_end>` around each image
/// @param rows of the embedding table
public record ImageMarks(boolean patch, boolean startEnd, int rows) {
  /// No such tokens.
  public static final ImageMarks NONE = new ImageMarks(false, false, 0);

  /// The missing tokens of a vocabulary, with their new ids.
  ///
  /// @param added tokens of the vocabulary that are not in the model
  /// @param next the first free id
  /// @param where the folder in messages
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
      } else if (!token.equals("<im_patch>")) { // does not occur in prompts and needs no row
        throw new BadInputException(
            where
                + ": mm_use_im_start_end is true, but neither added_tokens.json nor the embedding's "
                + rows
                + " rows contain "
                + token
                + "; download the checkpoint again");
      }
    }
    return missing;
  }
}
