package llava4j.spark;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import llava4j.Cancellation;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/// Rows with their answers, in order: while one is waited for, the next ones are being answered, so
/// that they share the steps of the model. Rows are read on the task's own thread.
final class RowWindow implements Iterator<Row> {
  private static final long LOOK_MILLIS = 200;
  private static final RowAnswer STOPPED = RowAnswer.failed("stopped"); // nobody sees it

  private final Iterator<Row> rows;
  private final RowAnswerer answerer;
  private final Executor threads;
  private final int size;
  private final WorkCount count;
  private final Cancellation cancellation = new Cancellation();
  private final Deque<Asked> asked = new ArrayDeque<>();

  private record Asked(Row row, FutureTask<RowAnswer> answer) {}

  /// @param size rows that are asked at the same time
  RowWindow(Iterator<Row> rows, RowAnswerer answerer, Executor threads, int size, WorkCount count) {
    this.rows = rows;
    this.answerer = answerer;
    this.threads = threads;
    this.size = size;
    this.count = count;
  }

  @Override
  public boolean hasNext() {
    return !asked.isEmpty() || rows.hasNext();
  }

  @Override
  public Row next() {
    while (asked.size() < size && rows.hasNext()) {
      Row row = rows.next();
      FutureTask<RowAnswer> answer = new FutureTask<>(() -> answer(row));
      threads.execute(answer);
      asked.addLast(new Asked(row, answer));
    }
    if (asked.isEmpty()) {
      throw new NoSuchElementException();
    }
    Asked first = asked.getFirst();
    RowAnswer answer = await(first.answer());
    asked.removeFirst();
    count.add(answer);
    return joined(first.row(), answer.values());
  }

  private RowAnswer await(FutureTask<RowAnswer> answer) {
    while (true) {
      ExecutorPlace.requireNotStopped();
      try {
        return answer.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException _) {
        // looks whether somebody stops the task
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new TaskKilledException("the task was interrupted");
      } catch (ExecutionException e) {
        switch (e.getCause()) {
          case RuntimeException cause -> throw cause;
          case Error cause -> throw cause;
          default -> throw new IllegalStateException(e.getCause());
        }
      }
    }
  }

  private RowAnswer answer(Row row) {
    return cancellation.getAsBoolean() ? STOPPED : answerer.answer(row, cancellation);
  }

  private static Row joined(Row row, Object[] more) {
    Object[] values = new Object[row.size() + more.length];
    for (int i = 0; i < row.size(); i++) {
      values[i] = row.get(i);
    }
    System.arraycopy(more, 0, values, row.size(), more.length);
    return RowFactory.create(values);
  }

  /// Stops what is still being answered and waits for it, so that the model can be given back.
  void stop() {
    cancellation.cancel();
    boolean interrupted = false;
    while (!asked.isEmpty()) {
      try {
        asked.getFirst().answer().get();
        asked.removeFirst();
      } catch (ExecutionException _) {
        asked.removeFirst(); // nobody waits for it any more
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
