package llava4j.data;

/// What is wrong with one entry of a file of samples.
///
/// @param number of the entry in the file, from 0; [#BETWEEN] for what is no entry
/// @param id as in the file where it can be told, else the number, or words for the place
/// @param at byte of the file where it begins
/// @param what in words, without file and sample
public record SampleFault(int number, String id, long at, Kind kind, String what) {
  /// The number of what stands between entries.
  public static final int BETWEEN = -1;

  /// Kinds of faults.
  public enum Kind {
    /// Text that is no JSON; the file goes on at the next sample that can be read.
    JSON,
    NO_OBJECT,
    /// The sample has no id, or one that is neither text nor number. It can be used.
    ID,
    IMAGE,
    /// The sample is about a video, a sound or something else that is no image.
    OTHER_MODALITY,
    /// The sample has several images; one is what the model is trained with.
    SEVERAL_IMAGES,
    CONVERSATIONS,
    TURN;

    /// Whether the sample can be read in spite of it.
    public boolean harmless() {
      return this == ID;
    }
  }
}
