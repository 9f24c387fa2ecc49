package llava4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.generate.Answers.Next;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvPool;
import llava4j.model.cache.PrefixTree;
import llava4j.model.cache.RaggedBatch;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// One step of the scheduler: a pass of the model over the newest token of every generating
/// sequence, then one over pieces of prompts, and the choice of the next tokens after each.
final class SchedulerStep {
  /// With more sequences, a row more costs as much as it may save.
  private static final int MOST_GUESSING = 2;

  private final LlavaModel model;
  private final PrefixTree prefixes;
  private final SchedulerLimits limits;
  private volatile int sequences; // written by the scheduler's thread

  SchedulerStep(LlavaModel model, PrefixTree prefixes, SchedulerLimits limits) {
    this.model = model;
    this.prefixes = prefixes;
    this.limits = limits;
  }

  /// A request's part of a pass.
  ///
  /// @param next new tokens of its sequences if it generates; else empty
  /// @param rows tokens of its prompt that are read; 0 if it generates
  /// @param endsPrompt whether these are the last of the prompt, so that logits are wanted
  private record Part(ScheduledRequest request, List<Next> next, int rows, boolean endsPrompt) {
    List<KvCache> caches() {
      return rows > 0 ? List.of(request.prompt()) : next.stream().map(Next::cache).toList();
    }

    /// New tokens of each sequence.
    List<Integer> counts() {
      return rows > 0 ? List.of(rows) : next.stream().map(one -> one.ids().length).toList();
    }
  }

  /// Runs a step. A request that fails fails alone, unless the pass itself does.
  void run(List<ScheduledRequest> running) {
    for (ScheduledRequest request : running) {
      if (!request.isGenerating()) {
        request.endIfCancelled();
      }
    }
    // passes of their own: kernels for prompts may round otherwise, and a generated token must not
    // depend on what is read beside it
    List<Part> generating = generating(running);
    sequences = generating.stream().mapToInt(part -> part.next().size()).sum();
    pass(generating);
    pass(reading(running));
  }

  /// Sequences that get a token in the newest step.
  int sequences() {
    return sequences;
  }

  private void pass(List<Part> parts) {
    if (parts.isEmpty()) {
      return;
    }
    try (Scope _ = new Scope()) {
      List<List<float[][]>> logits = forward(parts);
      for (int i = 0; i < parts.size(); i++) {
        Part part = parts.get(i);
        List<float[][]> own = logits.get(i);
        alone(part.request(), () -> take(part, own));
      }
    } catch (RuntimeException | Error e) {
      for (Part part : parts) {
        if (!part.request().isOver()) {
          part.request().fail(parts.size() == 1 ? e : again(e));
        }
      }
    }
  }

  private static void alone(ScheduledRequest request, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      request.fail(e);
    }
  }

  /// The same failure for another caller: one object must not be thrown by several threads.
  private static Throwable again(Throwable cause) {
    return cause instanceof BadInputException
        ? new BadInputException(cause.getMessage(), cause)
        : new IllegalStateException("a step of several requests failed: " + cause, cause);
  }

  /// The next tokens of all sequences.
  private List<Part> generating(List<ScheduledRequest> running) {
    List<Part> parts = new ArrayList<>();
    int guesses = guesses(running);
    for (ScheduledRequest request : running) {
      if (request.isGenerating() && !request.isOver()) {
        parts.add(new Part(request, request.answers().next(guesses), 0, false));
      }
    }
    makeRoom(parts);
    return parts;
  }

  /// The next pieces of prompts.
  private List<Part> reading(List<ScheduledRequest> running) {
    List<Part> parts = new ArrayList<>();
    boolean alone = running.stream().noneMatch(one -> one.isGenerating() && !one.isOver());
    int rowsLeft = alone ? limits.promptRows() : limits.promptRowsBeside();
    List<ScheduledRequest> reading = new ArrayList<>();
    for (ScheduledRequest request : running) {
      if (rowsLeft > 0
          && !request.isGenerating()
          && !request.isOver()
          && !sharesMore(request, reading)) {
        if (!request.isBegun()) {
          request.begin(prefixes.begin(request.tenant(), request.answers().prompt().rowKeys()));
        }
        int count = Math.min(rowsLeft, request.rowsLeft());
        parts.add(new Part(request, List.of(), count, count == request.rowsLeft()));
        reading.add(request);
        rowsLeft -= count;
      }
    }
    makeRoom(parts);
    return parts;
  }

  /// Whether a prompt begins like one that is being read, and more of it is alike than is known: it
  /// waits until the other's rows can be used.
  private boolean sharesMore(ScheduledRequest request, List<ScheduledRequest> reading) {
    if (request.isBegun()) {
      return false;
    }
    long[] keys = request.answers().prompt().rowKeys();
    for (ScheduledRequest other : reading) {
      long[] others = other.answers().prompt().rowKeys();
      int mismatch = Arrays.mismatch(keys, others);
      int alike = mismatch < 0 ? keys.length - 1 : mismatch;
      if (other.tenant().equals(request.tenant())
          && alike / KvPool.BLOCK_ROWS
              > prefixes.known(request.tenant(), keys) / KvPool.BLOCK_ROWS) {
        return true;
      }
    }
    return false;
  }

  /// How many tokens of each sequence may be guessed: a few, where a pass over some rows costs
  /// little more than over one.
  private int guesses(List<ScheduledRequest> running) {
    int sequences = 0;
    for (ScheduledRequest request : running) {
      sequences += request.answers().maxSequences();
    }
    boolean worthwhile = model.languageModel().readsFewRowsAtOnce() && sequences <= MOST_GUESSING;
    return worthwhile ? limits.guesses() : 0;
  }

  private void makeRoom(List<Part> parts) {
    int blocks = 0;
    for (Part part : parts) {
      List<Integer> counts = part.counts();
      for (int i = 0; i < counts.size(); i++) {
        int length = part.caches().get(i).length();
        int more = KvPool.blocksFor((long) length + counts.get(i)) - KvPool.blocksFor(length);
        blocks += more + 1; // one for a copy of a shared block
      }
    }
    if (!parts.isEmpty()) {
      boolean _ = prefixes.makeRoom(blocks); // else the pool says so when it is asked
    }
  }

  /// @return the logits of each part: [sequences][tokens][vocab]; none in the middle of a prompt
  private List<List<float[][]>> forward(List<Part> parts) {
    List<KvCache> caches = new ArrayList<>();
    List<Integer> counts = new ArrayList<>();
    List<Integer> wanted = new ArrayList<>();
    int token = 0;
    for (Part part : parts) {
      caches.addAll(part.caches());
      counts.addAll(part.counts());
      for (Next next : part.next()) {
        for (int i = 0; i < next.ids().length; i++) {
          wanted.add(token++);
        }
      }
      token += part.rows();
      if (part.endsPrompt()) {
        wanted.add(token - 1);
      }
    }
    RaggedBatch batch = new RaggedBatch(caches, ints(counts));
    Tensor embeddings = embeddings(parts); // [1, tokens, dim]
    if (wanted.isEmpty()) {
      Tensor _ = model.languageModel().forward(embeddings, batch); // [1, tokens, dim]
      return parts.stream().map(_ -> List.<float[][]>of()).toList();
    }
    float[][] rows = Logits.rows(model.forward(embeddings, batch, ints(wanted))); // [wanted, vocab]
    return dealt(rows, parts);
  }

  private static List<List<float[][]>> dealt(float[][] rows, List<Part> parts) {
    List<List<float[][]>> logits = new ArrayList<>();
    int taken = 0;
    for (Part part : parts) {
      List<float[][]> own = new ArrayList<>();
      for (Next next : part.next()) {
        own.add(Arrays.copyOfRange(rows, taken, taken + next.ids().length));
        taken += next.ids().length;
      }
      if (part.endsPrompt()) {
        own.add(new float[][] {rows[taken++]});
      }
      logits.add(own);
    }
    return logits;
  }

  private Tensor embeddings(List<Part> parts) {
    List<Tensor> rows = new ArrayList<>();
    for (Part part : parts) {
      ScheduledRequest request = part.request();
      if (part.rows() > 0) {
        Tensor prompt = request.answers().prompt().embeddings(); // [1, rows, dim]
        rows.add(prompt.narrow(1, request.prompt().length(), part.rows())); // [1, rows, dim]
      } else {
        int[] ids = part.next().stream().flatMapToInt(next -> Arrays.stream(next.ids())).toArray();
        rows.add(model.languageModel().embed(ids).unsqueeze(0)); // [1, ids, dim]
      }
    }
    return Tensors.concatenate(rows, 1); // [1, tokens, dim]
  }

  private void take(Part part, List<float[][]> logits) {
    ScheduledRequest request = part.request();
    Answers answers = request.answers();
    if (part.rows() == 0) {
      answers.accept(logits);
    } else if (part.endsPrompt()) {
      float[] first = logits.getFirst()[0];
      Logits.requireFinite(first, model, answers.prompt(), new int[0]);
      long[] keys = answers.prompt().rowKeys();
      int full = keys.length / KvPool.BLOCK_ROWS * KvPool.BLOCK_ROWS;
      prefixes.remember(request.tenant(), request.prompt(), Arrays.copyOf(keys, full));
      request.generate(first);
    } else {
      return;
    }
    if (answers.areComplete()) {
      request.finish();
    }
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
