package llava4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
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
  private List<Next> asked = List.of(); // of the pass that runs

  private record Running(AnswerBuilder builder, KvCache cache, PromptLookup lookup) {}

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
  public void begin(float[] logits, KvCache promptCache, AwaitedFilter form) {
    try (promptCache) {
      for (AnswerBuilder builder : builders) {
        builder.keepIn(form.newFilter());
        running.add(new Running(builder, promptCache.fork(), new PromptLookup(prompt.rowKeys())));
      }
    }
    for (Running one : List.copyOf(running)) {
      accept(one, new int[0], new float[][] {logits.clone()});
    }
  }

  @Override
  public boolean areComplete() {
    return running.isEmpty();
  }

  @Override
  public List<Next> next(int guesses) {
    asked =
        running.stream()
            .map(one -> {
              int[] guessed = one.lookup().guess(Math.min(guesses, one.builder().tokensLeft() - 1));
              int[] ids = new int[1 + guessed.length];
              ids[0] = one.builder().lastId();
              System.arraycopy(guessed, 0, ids, 1, guessed.length);
              return new Next(one.cache(), ids);
            })
            .toList();
    return asked;
  }

  @Override
  public void accept(List<float[][]> logits) {
    List<Running> before = List.copyOf(running);
    for (int i = 0; i < before.size(); i++) {
      int[] ids = asked.get(i).ids();
      accept(before.get(i), Arrays.copyOfRange(ids, 1, ids.length), logits.get(i));
    }
  }

  /// @param guessed tokens that the pass took for the next ones
  /// @param logits behind the newest token and behind each guessed one
  private void accept(Running one, int[] guessed, float[][] logits) {
    int right = 0;
    boolean goesOn = true;
    for (int i = 0; i < logits.length; i++) {
      Logits.requireFinite(logits[i], model, prompt, one.builder().ids());
      goesOn = one.builder().accept(logits[i]);
      boolean isGuessed = goesOn && i < guessed.length && guessed[i] == one.builder().lastId();
      if (goesOn) {
        one.lookup().add(one.builder().lastId());
      }
      if (!isGuessed) {
        break;
      }
      right++;
    }
    one.cache().truncate(one.cache().length() - guessed.length + right);
    one.lookup().judge(guessed.length, right);
    if (!goesOn) {
      memory.remember(prompt, one.builder().ids(), one.cache());
      one.cache().close();
      running.remove(one);
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
