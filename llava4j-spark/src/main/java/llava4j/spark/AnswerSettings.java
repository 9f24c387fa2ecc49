package llava4j.spark;

import java.io.Serializable;
import llava4j.error.BadInputException;
import llava4j.generate.Decoding;
import llava4j.generate.GenerationOptions;
import llava4j.generate.JsonForms;

/// How every row is answered. What is null was not set.
record AnswerSettings(
    String system, String jsonSchema, int maxNewTokens, double temperature, Double topP, Long seed)
    implements Serializable {

  /// The options of one row.
  ///
  /// @param rowSeed from the row's content
  /// @throws BadInputException if a setting is out of its range or has no effect
  GenerationOptions options(JsonForms forms, long rowSeed) {
    GenerationOptions options =
        GenerationOptions.greedy().withMaxNewTokens(maxNewTokens).withDecoding(decoding(rowSeed));
    return jsonSchema == null ? options : options.withConstraint(forms.ofSchema(jsonSchema));
  }

  private Decoding decoding(long rowSeed) {
    if (temperature != 0) {
      return new Decoding.Sample(temperature, 0, topP == null ? 1 : topP, 0, rowSeed);
    }
    if (topP != null || seed != null) {
      throw new BadInputException(
          (topP == null ? "seed" : "topP")
              + " has no effect at temperature 0, which is greedy decoding; set a temperature, or"
              + " leave it out");
    }
    return new Decoding.Greedy();
  }
}
