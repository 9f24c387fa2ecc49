package llava4j.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;
import llava4j.generate.AnswerBuilder.Vocabulary;
import llava4j.generate.Answers.Memory;
import llava4j.io.CloseAll;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvFormat;
import llava4j.model.cache.KvPool;
import llava4j.model.cache.PrefixStore;
import llava4j.model.cache.PrefixTree;
import llava4j.text.tokenizer.Tokenizer;

/// Generates answers to prompts. Any number of threads may use it at the same time: all their
/// requests share the passes of the model, and what one prompt has in common with earlier ones is
/// not computed again. A request gets the same answers as alone, but for rounding in the prompt,
/// which may be read in other pieces.
public final class Generator implements AutoCloseable {
  private final LlavaModel model;
  private final Vocabulary vocabulary;
  private final KvPool pool;
  private final PrefixTree prefixes;
  private final Optional<PrefixStore> store;
  private final Scheduler scheduler;
  private final SchedulerLimits limits;

  /// @param eosIds ids that end an answer
  public Generator(
      LlavaModel model, Tokenizer tokenizer, Set<Integer> eosIds, SchedulerLimits limits) {
    this(model, tokenizer, eosIds, limits, KvFormat.AUTO, Optional.empty());
  }

  /// @param format of keys and values
  /// @param store where prompts are kept on disk; closed with this object
  public Generator(
      LlavaModel model,
      Tokenizer tokenizer,
      Set<Integer> eosIds,
      SchedulerLimits limits,
      KvFormat format,
      Optional<PrefixStore> store) {
    this.model = model;
    this.limits = limits;
    this.vocabulary = Vocabulary.of(tokenizer, eosIds, model.config().text().vocab());
    this.pool = model.languageModel().newPool(format, limits.maxBlocks());
    this.prefixes = new PrefixTree(pool, store);
    this.store = store;
    this.scheduler = new Scheduler(model, pool, prefixes, limits);
  }

  /// One request.
  ///
  /// @param prompt must live until the call returns
  /// @param tenant only requests of the same tenant find its tokens in the cache
  public record Request(SplicedPrompt prompt, GenerationOptions options, String tenant) {
    public Request(SplicedPrompt prompt, GenerationOptions options) {
      this(prompt, options, "");
    }
  }

  /// Receives text of several requests while it is generated, on the thread that waits for them.
  @FunctionalInterface
  public interface Listener {
    void onText(int request, int answer, String text);
  }

  /// Answers one prompt.
  ///
  /// @param cancelled checked before every token, on a thread that works for all requests: it must
  ///   return at once, and not use the model
  /// @return `options.numAnswers()` answers
  public Finished generate(
      SplicedPrompt prompt,
      GenerationOptions options,
      TextListener listener,
      BooleanSupplier cancelled) {
    return generateAll(
            List.of(new Request(prompt, options)),
            (_, answer, text) -> listener.onText(answer, text),
            cancelled)
        .getFirst();
  }

  /// Answers several prompts together.
  ///
  /// @param cancelled checked before every token
  /// @return a result for each
  /// @throws BadInputException if one cannot be answered; if there are several, the message begins
  ///   with the number of this request
  public List<Finished> generateAll(
      List<Request> requests, Listener listener, BooleanSupplier cancelled) {
    for (int i = 0; i < requests.size(); i++) {
      requireFits(requests.get(i), name(i, requests.size()));
    }
    Inbox inbox = new Inbox();
    AtomicBoolean givenUp = new AtomicBoolean();
    BooleanSupplier stopped = () -> givenUp.get() || cancelled.getAsBoolean();
    Waiting waiting = new Waiting(inbox, requests.size(), listener, givenUp);
    try {
      for (int i = 0; i < requests.size(); i++) {
        Request request = requests.get(i);
        Inbox.Place place = inbox.place(i);
        scheduler.submit(
            new ScheduledRequest(
                answers(request, place, stopped), request.tenant(), stopped, place));
        waiting.submitted();
      }
    } catch (RuntimeException | Error e) { // those that run read the caller's prompts
      waiting.giveUp(e);
    }
    return waiting.finish();
  }

  /// Number of tokens of a request's prompt that do not have to be computed again.
  public int knownRows(Request request) {
    return prefixes.known(request.tenant(), request.prompt().rowKeys());
  }

  /// Forgets the tokens of all earlier prompts and answers.
  public void forget() {
    prefixes.forget();
  }

  /// What was found in the cache so far.
  public PrefixTree.Statistics reuse() {
    return prefixes.statistics();
  }

  /// Bytes of native memory that keys and values take now.
  public long cacheBytes() {
    return pool.bytes();
  }

  /// What may be used at the same time.
  public SchedulerLimits limits() {
    return limits;
  }

  /// Tokens whose keys and values there is room for.
  public long cacheRows() {
    return (long) limits.maxBlocks() * KvPool.BLOCK_ROWS;
  }

  /// Steps of the model so far, each for all requests that ran.
  public long passes() {
    return scheduler.passes();
  }

  /// Requests that wait for others to end.
  public int queued() {
    return scheduler.queued();
  }

  /// Sequences that generate, and requests that wait.
  public SchedulerLoad load() {
    return scheduler.load();
  }

  @Override
  public void close() {
    CloseAll.of(scheduler, prefixes, () -> store.ifPresent(PrefixStore::close), pool);
  }

  private Answers answers(Request request, Inbox.Place place, BooleanSupplier cancelled) {
    GenerationOptions options = request.options();
    SplicedPrompt prompt = request.prompt();
    Memory memory = new Memory(prefixes, request.tenant());
    int contextLeft = model.config().contextLength() - prompt.numRows();
    List<AnswerBuilder> builders =
        IntStream.range(0, options.numAnswers())
            .mapToObj(answer ->
                new AnswerBuilder(
                    options,
                    vocabulary,
                    prompt.rowKeys(),
                    contextLeft,
                    place::text,
                    answer,
                    cancelled))
            .toList();
    return switch (options.decoding()) {
      case Decoding.Greedy _, Decoding.Sample _ ->
          new SampledAnswers(
              model, prompt, builders, Math.min(options.maxNewTokens(), contextLeft), memory);
      case Decoding.Beam beam ->
          new BeamSearch(
              model, vocabulary, beam, options, prompt, builders.getFirst(), memory, cancelled);
    };
  }

  private void requireFits(Request request, String name) {
    int limit = model.config().contextLength();
    int rows = request.prompt().numRows();
    if (rows >= limit) {
      throw new BadInputException(
          name
              + "the prompt has "
              + rows
              + " tokens (images included), "
              + (rows - limit + 1)
              + " too many for the context of "
              + limit
              + (limit < model.config().text().maxPositions() ? " (Mistral's sliding_window)" : "")
              + "; shorten it or use fewer images");
    }
    int sequences = request.options().numSequences();
    int longest = Math.min(limit, rows + request.options().maxNewTokens());
    long blocks = ScheduledRequest.blocks(sequences, longest);
    if (blocks > pool.maxBlocks()) {
      throw new BadInputException(
          name
              + "the request does not fit into the KV cache: "
              + sequences
              + " sequence(s) of up to "
              + longest
              + " tokens need "
              + blocks
              + " blocks, and there are "
              + pool.maxBlocks()
              + "; ask for fewer new tokens (--max-tokens), beams or answers, or use fewer images");
    }
  }

  /// The name of a request in messages; empty if there is only one.
  static String name(int number, int requests) {
    return requests == 1 ? "" : "request " + (number + 1) + " of " + requests + ": ";
  }

  /// A caller that waits for its requests. It returns only when the scheduler has done with all of
  /// them, because their prompts belong to the caller.
  private static final class Waiting {
    private final Inbox inbox;
    private final Finished[] results;
    private final Listener listener;
    private final AtomicBoolean givenUp;
    private int open;
    private Throwable failure;

    Waiting(Inbox inbox, int requests, Listener listener, AtomicBoolean givenUp) {
      this.inbox = inbox;
      this.results = new Finished[requests];
      this.listener = listener;
      this.givenUp = givenUp;
    }

    void submitted() {
      open++;
    }

    void giveUp(Throwable cause) {
      if (failure == null) {
        failure = cause;
      }
      givenUp.set(true);
    }

    List<Finished> finish() {
      boolean interrupted = false;
      while (open > 0) {
        try {
          accept(inbox.take());
        } catch (InterruptedException e) {
          interrupted = true;
          givenUp.set(true);
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      switch (failure) {
        case null -> {}
        case Error e -> throw e;
        case RuntimeException e -> throw e;
        default -> throw new IllegalStateException(failure);
      }
      return new ArrayList<>(List.of(results));
    }

    private void accept(Inbox.Event event) {
      switch (event) {
        case Inbox.Event.Text text -> hand(text);
        case Inbox.Event.Done done -> {
          results[done.request()] = done.finished();
          open--;
        }
        case Inbox.Event.Failed failed -> {
          open--;
          giveUp(named(name(failed.request(), results.length), failed.cause()));
        }
      }
    }

    private void hand(Inbox.Event.Text text) {
      if (failure == null) {
        try {
          listener.onText(text.request(), text.answer(), text.text());
        } catch (RuntimeException | Error e) {
          giveUp(e);
        }
      }
    }

    private static Throwable named(String name, Throwable cause) {
      return cause instanceof BadInputException && !name.isEmpty()
          ? new BadInputException(name + cause.getMessage(), cause)
          : cause;
    }
  }
}
