package llava4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;
import llava4j.generate.AnswerBuilder.Vocabulary;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.text.tokenizer.Tokenizer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Generates answers to prompts. It has no state of a request; any number of threads may use it,
/// each with its own KV cache.
public final class Generator {
  private final LlavaModel model;
  private final Vocabulary vocabulary;

  /// @param eosIds ids that end an answer
  public Generator(LlavaModel model, Tokenizer tokenizer, Set<Integer> eosIds) {
    this.model = model;
    this.vocabulary = Vocabulary.of(tokenizer, eosIds, model.config().text().vocab());
  }

  /// Answers one prompt, using and extending the KV cache of a chat.
  ///
  /// @param cancelled checked before every token
  /// @return `options.numAnswers()` answers
  public List<Generation> generate(
      SplicedPrompt prompt,
      PromptCache cache,
      GenerationOptions options,
      TextListener listener,
      BooleanSupplier cancelled) {
    float[] logits = cache.prefill(prompt);
    Logits.requireFinite(logits, model, prompt, new int[0]);
    List<Generation> answers = new ArrayList<>();
    for (int answer = 0; answer < options.numAnswers(); answer++) {
      cache.truncate(prompt.numRows());
      AnswerBuilder builder = builder(prompt, options, listener, answer, cancelled);
      switch (options.decoding()) {
        case Decoding.Greedy _, Decoding.Sample _ -> decode(logits.clone(), prompt, cache, builder);
        case Decoding.Beam beam ->
            new BeamSearch(model, vocabulary, beam, options, prompt, cancelled)
                .run(logits.clone(), cache, builder);
      }
      answers.add(builder.result());
    }
    return answers;
  }

  /// Answers several prompts as one left-padded batch. Each prompt gets the same answers as alone,
  /// in the number of the options. Beam search runs one prompt after the other.
  ///
  /// @param listener receives answer n of prompt p with the number p * numAnswers + n
  /// @return a list for each prompt
  /// @throws BadInputException if one cannot be answered; the message says which one
  public List<List<Generation>> generateBatch(
      List<SplicedPrompt> prompts,
      GenerationOptions options,
      TextListener listener,
      BooleanSupplier cancelled) {
    for (int i = 0; i < prompts.size(); i++) {
      SplicedPrompt prompt = prompts.get(i);
      named(request(i, prompts.size()), () -> PromptCache.requireFits(prompt, model));
    }
    return switch (options.decoding()) {
      case Decoding.Beam _ -> oneByOne(prompts, options, listener, cancelled);
      case Decoding.Greedy _, Decoding.Sample _ ->
          prompts.isEmpty() ? List.of() : together(prompts, options, listener, cancelled);
    };
  }

  private List<List<Generation>> oneByOne(
      List<SplicedPrompt> prompts,
      GenerationOptions options,
      TextListener listener,
      BooleanSupplier cancelled) {
    List<List<Generation>> answers = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      SplicedPrompt prompt = prompts.get(i);
      int first = i * options.numAnswers();
      try (PromptCache cache = new PromptCache(model)) {
        TextListener numbered = (answer, text) -> listener.onText(first + answer, text);
        named(
            request(i, prompts.size()),
            () -> answers.add(generate(prompt, cache, options, numbered, cancelled)));
      }
    }
    return answers;
  }

  /// The name of a request in messages; empty if there is only one.
  private static String request(int number, int requests) {
    return requests == 1 ? "" : "request " + (number + 1) + " of " + requests + ": ";
  }

  private static void named(String request, Runnable work) {
    try {
      work.run();
    } catch (BadInputException e) {
      throw request.isEmpty() ? e : new BadInputException(request + e.getMessage(), e);
    }
  }

  /// One sequence of a batch.
  ///
  /// @param request see [#request]
  private record Sequence(String request, SplicedPrompt prompt, AnswerBuilder builder) {}

  private List<List<Generation>> together(
      List<SplicedPrompt> prompts,
      GenerationOptions options,
      TextListener listener,
      BooleanSupplier cancelled) {
    int longest = prompts.stream().mapToInt(SplicedPrompt::numRows).max().orElseThrow();
    int[] padding = prompts.stream().mapToInt(prompt -> longest - prompt.numRows()).toArray();
    int each = options.numAnswers();
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < prompts.size() * each; i++) {
      int number = i;
      TextListener numbered = (_, text) -> listener.onText(number, text);
      SplicedPrompt prompt = prompts.get(i / each);
      sequences.add(
          new Sequence(
              request(i / each, prompts.size()),
              prompt,
              builder(prompt, options, numbered, i % each, cancelled)));
    }
    try (Scope _ = new Scope();
        KvCache cache = model.languageModel().newCache(padding)) {
      float[][] logits =
          Logits.rows(model.forward(padLeft(prompts, padding), cache)); // [prompts, vocab]
      if (each > 1) {
        int[] rows = IntStream.range(0, sequences.size()).map(i -> i / each).toArray();
        cache.selectRows(rows);
        decodeBatch(repeated(logits, rows), cache, sequences);
      } else {
        decodeBatch(logits, cache, sequences);
      }
    }
    List<Generation> all = sequences.stream().map(one -> one.builder().result()).toList();
    return IntStream.range(0, prompts.size())
        .mapToObj(prompt -> all.subList(prompt * each, (prompt + 1) * each))
        .toList();
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

  private void decode(
      float[] first, SplicedPrompt prompt, PromptCache cache, AnswerBuilder builder) {
    float[] logits = first;
    while (builder.accept(logits)) {
      try (Scope _ = new Scope()) {
        Tensor embedding =
            model.languageModel().embed(new int[] {builder.lastId()}).unsqueeze(0); // [1, 1, dim]
        logits = Tensors.toFloats(model.forward(embedding, cache.cache()));
        cache.appended(builder.lastId());
        Logits.requireFinite(logits, model, prompt, builder.ids());
      }
    }
  }

  private void decodeBatch(float[][] first, KvCache cache, List<Sequence> sequences) {
    float[][] logits = first;
    List<Sequence> active = List.copyOf(sequences);
    while (true) {
      List<Integer> staying = new ArrayList<>();
      for (int row = 0; row < active.size(); row++) {
        Sequence one = active.get(row);
        float[] own = logits[row];
        named(
            one.request(),
            () -> Logits.requireFinite(own, model, one.prompt(), one.builder().ids()));
        if (one.builder().accept(logits[row])) {
          staying.add(row);
        }
      }
      if (staying.isEmpty()) {
        return;
      }
      if (staying.size() < active.size()) {
        cache.selectRows(staying.stream().mapToInt(Integer::intValue).toArray());
        active = staying.stream().map(active::get).toList();
      }
      try (Scope _ = new Scope()) {
        int[] ids = active.stream().mapToInt(one -> one.builder().lastId()).toArray();
        Tensor embeddings = model.languageModel().embed(ids).unsqueeze(1); // [batch, 1, dim]
        logits = Logits.rows(model.forward(embeddings, cache));
      }
    }
  }

  private static float[][] repeated(float[][] logits, int[] rows) {
    return Arrays.stream(rows).mapToObj(row -> logits[row].clone()).toArray(float[][]::new);
  }

  /// Adds zeros before shorter prompts. -> [batch, longest, dim]
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
}
