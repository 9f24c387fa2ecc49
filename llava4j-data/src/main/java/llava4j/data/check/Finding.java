package llava4j.data.check;

import llava4j.data.SampleFault;

/// One problem of one sample.
///
/// @param number index of the sample in its file, from 0; [SampleFault#BETWEEN] for text between
///   samples
/// @param id as in the file if it can be read, else the sample's number, or a description of the
///   place
/// @param detail additional description, may be empty
public record Finding(int number, String id, Problem problem, String detail) {

  static Finding of(SampleFault fault) {
    Problem problem =
        switch (fault.kind()) {
          case JSON -> Problem.BROKEN_JSON;
          case NO_OBJECT -> Problem.NO_OBJECT;
          case ID -> Problem.ID_MISSING;
          case IMAGE -> Problem.IMAGE_FIELD;
          case OTHER_MODALITY -> Problem.OTHER_MODALITY;
          case SEVERAL_IMAGES -> Problem.SEVERAL_IMAGES;
          case CONVERSATIONS -> Problem.CONVERSATIONS_FIELD;
          case TURN -> Problem.TURN_FIELD;
        };
    return new Finding(fault.number(), fault.id(), problem, fault.what());
  }
}
