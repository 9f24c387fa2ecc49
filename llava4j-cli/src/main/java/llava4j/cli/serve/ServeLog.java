package llava4j.cli.serve;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import llava4j.server.http.AccessLog;

/// Writes a line per request to standard error.
///
/// @param err where it writes
record ServeLog(PrintWriter err) implements AccessLog {
  private static final int LONGEST_PATH = 100;

  @Override
  public void request(String key, String method, String path, int status, Duration time) {
    String shown = path.length() > LONGEST_PATH ? path.substring(0, LONGEST_PATH) : path;
    err.println(
        "llava: "
            + (key.isEmpty() ? "" : key + ": ")
            + method
            + " "
            + shown.replaceAll("[^ -~]", "?")
            + " "
            + status
            + " "
            + time.toMillis()
            + " ms");
  }

  @Override
  public void note(String sentence) {
    err.println("llava: " + sentence);
  }

  @Override
  public void failure(Optional<String> path, Throwable cause) {
    synchronized (err) {
      err.println("llava: this is a bug in llava; please report it with the lines below.");
      cause.printStackTrace(err);
    }
  }
}
