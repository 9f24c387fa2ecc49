package llava4j.image;

import llava4j.error.BadInputException;

/// How the features of several views are joined to one sequence (`mm_patch_merge_type`).
public enum PatchMerge {
  /// View after view.
  FLAT("flat"),
  /// The tiles joined to one feature map, row by row.
  SPATIAL("spatial"),
  /// The feature map without padding, with a learned newline after each row.
  SPATIAL_UNPAD("spatial_unpad");

  private final String key;

  PatchMerge(String key) {
    this.key = key;
  }

  /// The value in configuration files.
  public String key() {
    return key;
  }

  /// The constant for a value in a configuration file.
  public static PatchMerge of(String key) {
    for (PatchMerge merge : values()) {
      if (merge.key.equals(key)) {
        return merge;
      }
    }
    throw new BadInputException(
        "mm_patch_merge_type is '" + key + "', but it must be flat, spatial or spatial_unpad");
  }
}
