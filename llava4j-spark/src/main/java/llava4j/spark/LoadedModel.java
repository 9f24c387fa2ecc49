package llava4j.spark;

import llava4j.AnswerThreads;
import llava4j.Llava;
import llava4j.generate.JsonForms;
import llava4j.io.CloseAll;

/// A model in this process and what its tasks share.
record LoadedModel(ModelSettings settings, Llava llava, AnswerThreads threads, JsonForms forms)
    implements AutoCloseable {

  LoadedModel(ModelSettings settings, Llava llava) {
    this(settings, llava, new AnswerThreads("llava-spark"), new JsonForms());
  }

  @Override
  public void close() {
    CloseAll.of(threads, llava);
  }
}
