package llava4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import llava4j.generate.AnswerBuilder.Vocabulary;
import llava4j.model.KvCache;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.text.Tokenizer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Prompts in, answers out. Holds no state of a request; any number of threads may use it, each
/// with its own cache.
public final class Generator {
  private final LlavaModel model;
  private final Vocabulary vocabulary;

  /// @param eosIds ids that end an answer
  public Generator(LlavaModel model, Tokenizer tokenizer, Set<Integer> eosIds) {
    this.model = model;
    this.vocabulary = Vocabulary.of(tokenizer, eosIds, model.config().text().vocab());
  }

  /// Answers one prompt, using and extending a chat's cache.
  ///
  /// @param cancelled asked before every token
  /// @return `options.numAnswers()` answers
  public List<Generation> generate(
      SplicedPrompt prompt,
      PromptCache cache,
      GenerationOptions options,
      TextListener listener,
      BooleanSupplier cancelled) {
    float[] logits = cache.prefill(prompt);
    List<Generation> answers = new ArrayList<>();
    for (int answer = 0; answer < options.numAnswers(); answer++) {
      cache.truncate(prompt.numRows());
      AnswerBuilder builder = builder(prompt, options, listener, answer, cancelled);
      switch (options.decoding()) {
        case Decoding.Greedy _, Decoding.Sample _ -> decode(logits.clone(), cache, builder);
        case Decoding.Beam beam ->
            new BeamSearch(model, vocabulary, beam)
                .run(logits.clone(), prompt, cache, builder, options);
      }
      answers.add(builder.result());
    }
    return answers;
  }

  /// Answers several prompts side by side, padded on the left; each answer equals the one the
  /// prompt gets alone.
  public List<Generation> generateBatch(
      List<SplicedPrompt> prompts,
      GenerationOptions options,
      TextListener listener,
      BooleanSupplier cancelled) {
    int longest = prompts.stream().mapToInt(SplicedPrompt::numRows).max().orElseThrow();
    int[] padding = prompts.stream().mapToInt(prompt -> longest - prompt.numRows()).toArray();
    List<AnswerBuilder> builders =
        IntStream.range(0, prompts.size())
            .mapToObj(i -> builder(prompts.get(i), options, listener, i, cancelled))
            .toList();
    try (Scope _ = new Scope();
        KvCache cache = new KvCache(model.config().text(), model.device(), padding)) {
      Tensor logits = model.forward(padLeft(prompts, padding), cache); // [batch, vocab]
      decodeBatch(rows(logits), cache, new ArrayList<>(builders));
    }
    return builders.stream().map(AnswerBuilder::result).toList();
  }

  private AnswerBuilder builder(
      SplicedPrompt prompt,
      GenerationOptions options,
      TextListener listener,
      int answer,
      BooleanSupplier cancelled) {
    int contextLeft = model.config().contextLength() - prompt.numRows();
    return new AnswerBuilder(
        options, vocabulary, prompt.rowKeys(), contextLeft, listener, answer, cancelled);
  }

  private void decode(float[] first, PromptCache cache, AnswerBuilder builder) {
    float[] logits = first;
    while (builder.accept(logits)) {
      try (Scope _ = new Scope()) {
        Tensor embedding =
            model.languageModel().embed(new int[] {builder.lastId()}).unsqueeze(0); // [1, 1, dim]
        logits = Tensors.toFloats(model.forward(embedding, cache.cache()));
        cache.appended(builder.lastId());
      }
    }
  }

  private void decodeBatch(float[][] first, KvCache cache, List<AnswerBuilder> active) {
    float[][] logits = first;
    while (true) {
      List<Integer> staying = new ArrayList<>();
      for (int row = 0; row < active.size(); row++) {
        if (active.get(row).accept(logits[row])) {
          staying.add(row);
        }
      }
      if (staying.isEmpty()) {
        return;
      }
      if (staying.size() < active.size()) {
        cache.selectRows(staying.stream().mapToInt(Integer::intValue).toArray());
        List<AnswerBuilder> before = List.copyOf(active);
        active.clear();
        staying.forEach(row -> active.add(before.get(row)));
      }
      try (Scope _ = new Scope()) {
        int[] ids = active.stream().mapToInt(AnswerBuilder::lastId).toArray();
        Tensor embeddings = model.languageModel().embed(ids).unsqueeze(1); // [batch, 1, dim]
        logits = rows(model.forward(embeddings, cache));
      }
    }
  }

  /// Zeros in front of shorter prompts. -> [batch, longest, dim]
  private Tensor padLeft(List<SplicedPrompt> prompts, int[] padding) {
    try (Scope scope = new Scope()) {
      List<Tensor> padded = new ArrayList<>();
      for (int row = 0; row < padding.length; row++) {
        Tensor embeddings = prompts.get(row).embeddings(); // [1, rows, dim]
        if (padding[row] > 0) {
          Tensor zeros =
              torch.zeros(
                  new long[] {1, padding[row], embeddings.size(2)},
                  Tensors.options(Tensors.type(embeddings), model.device())); // [1, padding, dim]
          embeddings = Tensors.concatenate(List.of(zeros, embeddings), 1); // [1, longest, dim]
        }
        padded.add(embeddings);
      }
      return scope.keep(Tensors.concatenate(padded, 0)); // [batch, longest, dim]
    }
  }

  static float[][] rows(Tensor logits) {
    float[] all = Tensors.toFloats(logits);
    int vocab = Math.toIntExact(logits.size(1));
    float[][] rows = new float[Math.toIntExact(logits.size(0))][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(all, row * vocab, (row + 1) * vocab);
    }
    return rows;
  }
}
