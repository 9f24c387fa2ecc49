package llava4j.image;

import llava4j.error.BadInputException;

/// How the features of several views become one sequence (`mm_patch_merge_type`).
public enum PatchMerge {
  /// View after view.
  FLAT("flat"),
  /// The tiles joined to one map, row by row.
  SPATIAL("spatial"),
  /// The map without what is only padding, a learned newline after each row.
  SPATIAL_UNPAD("spatial_unpad");

  private final String key;

  PatchMerge(String key) {
    this.key = key;
  }

  /// The word in config files.
  public String key() {
    return key;
  }

  /// The constant for a word of a config file.
  public static PatchMerge of(String key) {
    for (PatchMerge merge : values()) {
      if (merge.key.equals(key)) {
        return merge;
      }
    }
    throw new BadInputException(
        "mm_patch_merge_type is '" + key + "' where flat, spatial or spatial_unpad is expected");
  }
}
