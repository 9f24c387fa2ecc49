package llava4j.generate;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// What the scheduler tells a caller, who waits for one or several requests: pieces of text, then a
/// result for each. The caller's own thread hands text to listeners, so a slow listener delays
/// nobody else.
final class Inbox {
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

  sealed interface Event {
    /// A piece of text.
    record Text(int request, int answer, String text) implements Event {}

    /// A complete request.
    record Done(int request, Finished finished) implements Event {}

    /// A request that cannot be answered.
    record Failed(int request, Throwable cause) implements Event {}
  }

  /// One request's way to its caller.
  record Place(Inbox inbox, int request) {
    void text(int answer, String text) {
      inbox.events.add(new Event.Text(request, answer, text));
    }

    void done(Finished finished) {
      inbox.events.add(new Event.Done(request, finished));
    }

    void failed(Throwable cause) {
      inbox.events.add(new Event.Failed(request, cause));
    }
  }

  Place place(int request) {
    return new Place(this, request);
  }

  Event take() throws InterruptedException {
    return events.take();
  }
}
