package llava4j.train.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongFunction;
import llava4j.error.BadInputException;
import llava4j.train.batch.Batch.Item;

/// Provides the micro-batches of one process, step by step, and loads them ahead on virtual
/// threads. The result does not depend on `prefetch`.
public final class BatchPrefetcher implements AutoCloseable {
  private final StepLayout layout;
  private final int rank;
  private final SampleLoader loader;
  private final LongFunction<int[]> orderOfEpoch;
  private final BadSamples bad;
  private final int prefetch;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Deque<Pending> queue = new ArrayDeque<>();
  private long nextStep;
  private long epochOfOrder = -1;
  private int[] order;
  private int microBatchesAhead;

  /// One step whose samples are being loaded.
  private record Pending(int[] order, List<List<LoadingItem>> microBatches) {}

  /// One sample that is being loaded, and its position in the epoch's order.
  private record LoadingItem(long position, Future<Item> item) {}

  /// @param orderOfEpoch returns the sample indices of an epoch in the order of use
  /// @param firstStep counted from 0
  /// @param bad records samples that cannot be used
  /// @param prefetch micro-batches to load ahead
  public BatchPrefetcher(
      StepLayout layout,
      int rank,
      SampleLoader loader,
      LongFunction<int[]> orderOfEpoch,
      BadSamples bad,
      long firstStep,
      int prefetch) {
    this.layout = layout;
    this.rank = rank;
    this.loader = loader;
    this.orderOfEpoch = orderOfEpoch;
    this.bad = bad;
    this.nextStep = firstStep;
    this.prefetch = prefetch;
  }

  /// The micro-batches of the next step.
  ///
  /// @throws BadInputException if more samples are bad than allowed, or none can be used
  public List<Batch> next() {
    fill(1);
    Pending step = queue.removeFirst();
    microBatchesAhead -= step.microBatches().size();
    fill(prefetch);
    List<Batch> batches = new ArrayList<>();
    for (List<LoadingItem> loading : step.microBatches()) {
      List<Item> items = new ArrayList<>();
      loading.forEach(place -> items.add(itemOrReplacement(place, step.order())));
      batches.add(new Batch(items));
    }
    return batches;
  }

  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
  }

  private void fill(int microBatches) {
    while (microBatchesAhead < microBatches) {
      long epoch = nextStep / layout.stepsPerEpoch();
      if (epoch != epochOfOrder) {
        order = orderOfEpoch.apply(epoch);
        epochOfOrder = epoch;
      }
      List<List<LoadingItem>> step = new ArrayList<>();
      for (List<Long> positions : layout.positions(nextStep % layout.stepsPerEpoch(), rank)) {
        step.add(positions.stream().map(this::start).toList());
      }
      queue.addLast(new Pending(order, step));
      microBatchesAhead += step.size();
      nextStep++;
    }
  }

  private LoadingItem start(long position) {
    int index = order[Math.toIntExact(position)];
    Callable<Item> load = () -> loader.load(index);
    return new LoadingItem(position, threads.submit(load));
  }

  /// The sample or, if it cannot be used, the next usable one in the order.
  private Item itemOrReplacement(LoadingItem place, int[] order) {
    try {
      return place.item().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while loading samples", e);
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof BadSampleException reason)) {
        throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
      }
      int at = Math.toIntExact(place.position());
      bad.add(order[at], reason);
      return replacement(at, order);
    }
  }

  private Item replacement(int bad, int[] order) {
    for (int offset = 1; offset < order.length; offset++) {
      int index = order[(bad + offset) % order.length];
      try {
        return loader.load(index);
      } catch (BadSampleException e) {
        this.bad.add(index, e);
      }
    }
    throw new BadInputException(
        "no sample of the file can be used; look for the reasons with 'llava data check'");
  }
}
