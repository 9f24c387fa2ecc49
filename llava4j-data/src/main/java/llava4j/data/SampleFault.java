package llava4j.data;

/// A fault in one entry of a file of samples.
///
/// @param number index of the entry in the file, from 0; [#BETWEEN] for text between entries
/// @param id as in the file if it can be read, else the entry's number, or a description of the
///   place
/// @param at byte offset of the entry in the file
/// @param what description of the fault, without file and sample
public record SampleFault(int number, String id, long at, Kind kind, String what) {
  /// The number of a fault in text between entries.
  public static final int BETWEEN = -1;

  /// Kinds of faults.
  public enum Kind {
    /// Invalid JSON; reading continues at the next readable sample.
    JSON,
    NO_OBJECT,
    /// The sample has no id, or one that is neither text nor number. The sample can be used.
    ID,
    IMAGE,
    /// The sample is about a video, audio or other input that is not an image.
    OTHER_MODALITY,
    /// The sample has several images; the model is trained with one image per sample.
    SEVERAL_IMAGES,
    CONVERSATIONS,
    TURN;

    /// Whether the sample can be used in spite of the fault.
    public boolean harmless() {
      return this == ID;
    }
  }
}
