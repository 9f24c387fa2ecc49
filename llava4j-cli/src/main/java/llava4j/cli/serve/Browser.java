package llava4j.cli.serve;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;

/// The browser of the desktop.
final class Browser {
  private Browser() {}

  /// Opens an address, or says that it has to be opened by hand.
  static void open(String address, PrintWriter err) {
    boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");
    try {
      new ProcessBuilder(mac ? "open" : "xdg-open", address)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException _) {
      err.println("llava: there is no browser here; open " + address + " in one");
    }
  }
}
