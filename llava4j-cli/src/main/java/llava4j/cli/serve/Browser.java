package llava4j.cli.serve;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/// The browser of the desktop.
///
/// @param system name of the operating system
/// @param starter starts the program that opens addresses
record Browser(String system, Starter starter) {

  /// Starts a program and does not wait for it.
  interface Starter {
    void start(List<String> command) throws IOException;
  }

  static Browser ofDesktop() {
    return new Browser(
        System.getProperty("os.name"),
        command -> {
          Process _ =
              new ProcessBuilder(command)
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                  .redirectError(ProcessBuilder.Redirect.DISCARD)
                  .start();
        });
  }

  /// Opens an address, or says that it has to be opened by hand.
  void open(String address, PrintWriter err) {
    boolean mac = system.toLowerCase(Locale.ROOT).contains("mac");
    try {
      starter.start(List.of(mac ? "open" : "xdg-open", address));
    } catch (IOException _) {
      err.println("llava: there is no browser here; open " + address + " in one");
    }
  }
}
