package llava4j.data.check;

import llava4j.data.SampleFault;

/// One problem of one sample.
///
/// @param number of the sample in its file, from 0; [SampleFault#BETWEEN] for what is no sample
/// @param id as in the file where it can be told, else the number, or words for the place
/// @param detail in words, empty where the problem says it all
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
