package llava4j.server.engine;

import java.util.AbstractQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

/// A queue of limited length in which tenants take turns: each turn takes the oldest element of one
/// tenant, who is last from then on. With one tenant it is first in, first out.
///
/// If it is full, the newest element of the tenant with the most gives way to a tenant who has at
/// least two fewer. Two, because with one they would only change places, again and again.
///
/// It is a [BlockingQueue] for an executor's sake, which adds with [#offer(Object)] alone: there is
/// no way to wait for a place.
final class TurnQueue<E> extends AbstractQueue<E> implements BlockingQueue<E> {
  private final int capacity;
  private final Function<E, String> tenantOf;
  private final Consumer<E> gaveWay;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition added = lock.newCondition();
  private final Map<String, Deque<E>> waiting = new LinkedHashMap<>(); // in turn, guarded by lock
  private int size; // guarded by lock

  /// @param gaveWay hears, on the thread of the one that was added, of an element that has no place
  ///   any more
  TurnQueue(int capacity, Function<E, String> tenantOf, Consumer<E> gaveWay) {
    this.capacity = capacity;
    this.tenantOf = tenantOf;
    this.gaveWay = gaveWay;
  }

  /// @return false if there is no place for this tenant
  @Override
  public boolean offer(E element) {
    String tenant = tenantOf.apply(element);
    E leaving = null;
    lock.lock();
    try {
      if (size == capacity) {
        Deque<E> most = longest();
        if (most.size() < numWaiting(tenant) + 2) {
          return false;
        }
        leaving = most.removeLast(); // at least one is left, so the tenant keeps its turn
        size--;
      }
      waiting.computeIfAbsent(tenant, _ -> new ArrayDeque<>()).addLast(element);
      size++;
      added.signal();
    } finally {
      lock.unlock();
    }
    if (leaving != null) {
      gaveWay.accept(leaving);
    }
    return true;
  }

  private int numWaiting(String tenant) {
    Deque<E> own = waiting.get(tenant);
    return own == null ? 0 : own.size();
  }

  private Deque<E> longest() {
    return waiting.values().stream().max(Comparator.comparingInt(Deque::size)).orElseThrow();
  }

  @Override
  public E poll() {
    lock.lock();
    try {
      return next();
    } finally {
      lock.unlock();
    }
  }

  /// With the lock.
  ///
  /// @return null if there is none
  private E next() {
    Iterator<Map.Entry<String, Deque<E>>> turns = waiting.entrySet().iterator();
    if (!turns.hasNext()) {
      return null;
    }
    Map.Entry<String, Deque<E>> first = turns.next();
    String tenant = first.getKey();
    Deque<E> own = first.getValue();
    E element = own.removeFirst();
    turns.remove();
    if (!own.isEmpty()) {
      waiting.put(tenant, own); // behind all others
    }
    size--;
    return element;
  }

  @Override
  public E poll(long timeout, TimeUnit unit) throws InterruptedException {
    long left = unit.toNanos(timeout);
    lock.lockInterruptibly();
    try {
      while (size == 0 && left > 0) {
        left = added.awaitNanos(left);
      }
      return next();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public E take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (size == 0) {
        added.await();
      }
      return next();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public E peek() {
    lock.lock();
    try {
      return waiting.isEmpty() ? null : waiting.values().iterator().next().getFirst();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean remove(Object element) {
    lock.lock();
    try {
      for (Iterator<Deque<E>> all = waiting.values().iterator(); all.hasNext(); ) {
        Deque<E> own = all.next();
        if (own.remove(element)) {
          size--;
          if (own.isEmpty()) {
            all.remove();
          }
          return true;
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int size() {
    lock.lock();
    try {
      return size;
    } finally {
      lock.unlock();
    }
  }

  /// Places that are free; a tenant who has few may get one of another, too.
  @Override
  public int remainingCapacity() {
    return capacity - size();
  }

  @Override
  public int drainTo(Collection<? super E> target) {
    return drainTo(target, Integer.MAX_VALUE);
  }

  @Override
  public int drainTo(Collection<? super E> target, int most) {
    lock.lock();
    try {
      int moved = 0;
      while (moved < most && size > 0) {
        target.add(next());
        moved++;
      }
      return moved;
    } finally {
      lock.unlock();
    }
  }

  /// Over those that wait now, each tenant's by themselves; nothing can be removed through it.
  @Override
  public Iterator<E> iterator() {
    List<E> all = new ArrayList<>();
    lock.lock();
    try {
      waiting.values().forEach(all::addAll);
    } finally {
      lock.unlock();
    }
    return List.copyOf(all).iterator();
  }

  @Override
  public void put(E element) {
    throw new UnsupportedOperationException("nobody waits for a place here");
  }

  @Override
  public boolean offer(E element, long timeout, TimeUnit unit) {
    throw new UnsupportedOperationException("nobody waits for a place here");
  }
}
