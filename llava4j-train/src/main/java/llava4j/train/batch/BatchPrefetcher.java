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

/// The batches of one process, step after step, made ready ahead on virtual threads. What comes out
/// does not depend on how far ahead.
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

  /// One step under way.
  private record Pending(int[] order, List<List<Place>> microBatches) {}

  /// One sample under way, and its place in the order.
  private record Place(long position, Future<Item> item) {}

  /// @param orderOfEpoch sample numbers in the order of use
  /// @param firstStep counted from 0
  /// @param prefetch micro-batches that are made ready ahead
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
  public List<Batch> next() {
    fill(1);
    Pending step = queue.removeFirst();
    microBatchesAhead -= step.microBatches().size();
    fill(prefetch);
    List<Batch> batches = new ArrayList<>();
    for (List<Place> places : step.microBatches()) {
      List<Item> items = new ArrayList<>();
      places.forEach(place -> items.add(usable(place, step.order())));
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
      List<List<Place>> step = new ArrayList<>();
      for (List<Long> positions : layout.positions(nextStep % layout.stepsPerEpoch(), rank)) {
        step.add(positions.stream().map(this::start).toList());
      }
      queue.addLast(new Pending(order, step));
      microBatchesAhead += step.size();
      nextStep++;
    }
  }

  private Place start(long position) {
    int index = order[Math.toIntExact(position)];
    Callable<Item> load = () -> loader.load(index);
    return new Place(position, threads.submit(load));
  }

  /// The sample, or, where it cannot be used, the next one of the order that can.
  private Item usable(Place place, int[] order) {
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
    throw new BadInputException("no sample of the file can be used; check it");
  }
}
