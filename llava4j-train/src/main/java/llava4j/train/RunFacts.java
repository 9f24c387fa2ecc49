package llava4j.train;

import java.util.SortedMap;
import llava4j.data.SampleFile;
import llava4j.train.config.ConfigFile;

/// What must be the same on all processes of a run, by name: every setting, data, base model.
final class RunFacts {
  private RunFacts() {}

  /// Settings and data.
  static SortedMap<String, String> of(TrainJob job, SampleFile samples) {
    SortedMap<String, String> facts = new ConfigFile().values(job.config());
    facts.put("the number of samples in --data", String.valueOf(samples.size()));
    facts.put("the fingerprint of --data", samples.fingerprint());
    return facts;
  }

  /// Settings, data and base model.
  ///
  /// @param base fingerprint of the base model
  static SortedMap<String, String> of(TrainJob job, SampleFile samples, String base) {
    SortedMap<String, String> facts = of(job, samples);
    facts.put("the fingerprint of --base", base);
    return facts;
  }
}
