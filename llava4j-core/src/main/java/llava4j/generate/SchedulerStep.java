package llava4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvPool;
import llava4j.model.cache.PrefixTree;
import llava4j.model.cache.RaggedBatch;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// One step of the scheduler: a pass of the model over the newest token of every generating
/// sequence and over pieces of prompts, then the choice of the next tokens.
final class SchedulerStep {
  private final LlavaModel model;
  private final PrefixTree prefixes;
  private final SchedulerLimits limits;

  SchedulerStep(LlavaModel model, PrefixTree prefixes, SchedulerLimits limits) {
    this.model = model;
    this.prefixes = prefixes;
    this.limits = limits;
  }

  /// A request's part of a pass.
  ///
  /// @param caches of its sequences
  /// @param counts new tokens of each
  /// @param wanted whether its logits are wanted: not behind the first pieces of a prompt
  private record Part(
      ScheduledRequest request, List<KvCache> caches, int[] counts, boolean wanted) {
    int tokens() {
      return Arrays.stream(counts).sum();
    }
  }

  /// Runs a step. A request that fails fails alone, unless the pass itself does.
  void run(List<ScheduledRequest> running) {
    for (ScheduledRequest request : running) {
      if (!request.isGenerating()) {
        request.endIfCancelled();
      }
    }
    List<Part> parts = parts(running);
    if (parts.isEmpty()) {
      return;
    }
    try (Scope _ = new Scope()) {
      List<float[][]> logits = forward(parts);
      for (int i = 0; i < parts.size(); i++) {
        Part part = parts.get(i);
        float[][] own = logits.get(i);
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

  /// What the next pass computes.
  private List<Part> parts(List<ScheduledRequest> running) {
    List<Part> parts = new ArrayList<>();
    for (ScheduledRequest request : running) {
      if (request.isGenerating() && !request.isOver()) {
        List<KvCache> caches = request.answers().caches();
        int[] counts = new int[caches.size()];
        Arrays.fill(counts, 1);
        parts.add(new Part(request, caches, counts, true));
      }
    }
    int rowsLeft = parts.isEmpty() ? limits.promptRows() : limits.promptRowsBeside();
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
        boolean whole = count == request.rowsLeft();
        parts.add(new Part(request, List.of(request.prompt()), new int[] {count}, whole));
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
    long[] keys = request.answers().prompt().rowKeys();
    for (ScheduledRequest other : reading) {
      long[] others = other.answers().prompt().rowKeys();
      int mismatch = Arrays.mismatch(keys, others);
      int alike = mismatch < 0 ? keys.length - 1 : mismatch;
      if (!request.isBegun()
          && other.tenant().equals(request.tenant())
          && alike / KvPool.BLOCK_ROWS
              > prefixes.known(request.tenant(), keys) / KvPool.BLOCK_ROWS) {
        return true;
      }
    }
    return false;
  }

  private void makeRoom(List<Part> parts) {
    int blocks = 0;
    for (Part part : parts) {
      for (int i = 0; i < part.counts().length; i++) {
        int length = part.caches().get(i).length();
        int more = KvPool.blocksFor((long) length + part.counts()[i]) - KvPool.blocksFor(length);
        blocks += more + 1; // one for a copy of a shared block
      }
    }
    if (!parts.isEmpty()) {
      boolean _ = prefixes.makeRoom(blocks); // else the pool says so when it is asked
    }
  }

  /// @return the logits of each part's sequences; empty where they are not wanted
  private List<float[][]> forward(List<Part> parts) {
    List<KvCache> caches = new ArrayList<>();
    List<Integer> counts = new ArrayList<>();
    List<Integer> wanted = new ArrayList<>();
    int token = 0;
    for (Part part : parts) {
      caches.addAll(part.caches());
      for (int count : part.counts()) {
        counts.add(count);
        token += count;
        if (part.wanted()) {
          wanted.add(token - 1);
        }
      }
    }
    RaggedBatch batch = new RaggedBatch(caches, ints(counts));
    Tensor embeddings = embeddings(parts); // [1, tokens, dim]
    if (wanted.isEmpty()) {
      Tensor _ = model.languageModel().forward(embeddings, batch); // [1, tokens, dim]
      return parts.stream().map(_ -> new float[0][]).toList();
    }
    float[][] rows = Logits.rows(model.forward(embeddings, batch, ints(wanted))); // [wanted, vocab]
    List<float[][]> logits = new ArrayList<>();
    int next = 0;
    for (Part part : parts) {
      int own = part.wanted() ? part.counts().length : 0;
      logits.add(Arrays.copyOfRange(rows, next, next + own));
      next += own;
    }
    return logits;
  }

  private Tensor embeddings(List<Part> parts) {
    List<Tensor> rows = new ArrayList<>();
    for (Part part : parts) {
      ScheduledRequest request = part.request();
      if (request.isGenerating()) {
        rows.add(
            model.languageModel().embed(request.answers().newest()).unsqueeze(0)); // [1, ids, dim]
      } else {
        Tensor prompt = request.answers().prompt().embeddings(); // [1, rows, dim]
        rows.add(prompt.narrow(1, request.prompt().length(), part.tokens())); // [1, tokens, dim]
      }
    }
    return Tensors.concatenate(rows, 1); // [1, tokens, dim]
  }

  private void take(Part part, float[][] logits) {
    ScheduledRequest request = part.request();
    Answers answers = request.answers();
    if (!part.wanted()) {
      return;
    }
    if (request.isGenerating()) {
      answers.accept(logits);
    } else {
      Logits.requireFinite(logits[0], model, answers.prompt(), new int[0]);
      long[] keys = answers.prompt().rowKeys();
      int full = keys.length / KvPool.BLOCK_ROWS * KvPool.BLOCK_ROWS;
      prefixes.remember(request.tenant(), request.prompt(), Arrays.copyOf(keys, full));
      request.generate(logits[0]);
    }
    if (answers.caches().isEmpty()) {
      request.finish();
    }
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
