package llava4j.generate;

import java.util.ArrayList;
import java.util.List;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;

/// Independent answers to one prompt, by greedy decoding or sampling.
final class SampledAnswers implements Answers {
  private final LlavaModel model;
  private final SplicedPrompt prompt;
  private final List<AnswerBuilder> builders;
  private final int maxTokens;
  private final Memory memory;
  private final List<Running> running = new ArrayList<>();

  private record Running(AnswerBuilder builder, KvCache cache) {}

  /// @param builders one for each answer
  SampledAnswers(
      LlavaModel model,
      SplicedPrompt prompt,
      List<AnswerBuilder> builders,
      int maxTokens,
      Memory memory) {
    this.model = model;
    this.prompt = prompt;
    this.builders = List.copyOf(builders);
    this.maxTokens = maxTokens;
    this.memory = memory;
  }

  @Override
  public SplicedPrompt prompt() {
    return prompt;
  }

  @Override
  public int maxSequences() {
    return builders.size();
  }

  @Override
  public int maxTokens() {
    return maxTokens;
  }

  @Override
  public void begin(float[] logits, KvCache promptCache) {
    running.addAll(
        builders.stream().map(builder -> new Running(builder, promptCache.fork())).toList());
    promptCache.close();
    float[][] same = new float[builders.size()][];
    for (int i = 0; i < same.length; i++) {
      same[i] = logits.clone();
    }
    accept(same);
  }

  @Override
  public List<KvCache> caches() {
    return running.stream().map(Running::cache).toList();
  }

  @Override
  public int[] newest() {
    return running.stream().mapToInt(one -> one.builder().lastId()).toArray();
  }

  @Override
  public void accept(float[][] logits) {
    List<Running> before = List.copyOf(running);
    for (int row = 0; row < before.size(); row++) {
      Running one = before.get(row);
      Logits.requireFinite(logits[row], model, prompt, one.builder().ids());
      if (!one.builder().accept(logits[row])) {
        memory.remember(prompt, one.builder().ids(), one.cache());
        one.cache().close();
        running.remove(one);
      }
    }
  }

  @Override
  public void cancel() {
    builders.forEach(AnswerBuilder::cancel);
  }

  @Override
  public List<Generation> results() {
    return builders.stream().map(AnswerBuilder::result).toList();
  }

  @Override
  public void close() {
    running.forEach(one -> one.cache().close());
    running.clear();
  }
}
