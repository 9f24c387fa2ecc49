package llava4j.cli.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;

/// Notices that standard output could not be written, for example because the disk is full. Java's
/// print streams keep silent about that.
public final class StandardOutput {
  /// What a reader that has read enough leaves behind, such as `head`.
  private static final String CLOSED_BY_READER = "Broken pipe";

  private final PrintStream stream;
  private final OutputStream device;

  /// @param stream what the command printed to
  /// @param device the same place without a print stream, which says what is wrong with it
  StandardOutput(PrintStream stream, OutputStream device) {
    this.stream = stream;
    this.device = device;
  }

  /// Standard output of this process.
  public static StandardOutput ofThisProcess() {
    return new StandardOutput(System.out, new FileOutputStream(FileDescriptor.out));
  }

  /// Says in one sentence if something that the command printed was lost.
  ///
  /// @param code the command's exit code
  /// @return the exit code of the process: [Failures#BAD_INPUT] if a successful command's output
  ///   was lost, otherwise `code`
  public int check(int code, PrintWriter err) {
    if (!stream.checkError()) {
      return code;
    }
    String reason = "it was closed";
    try {
      device.write('\n'); // fails for the same reason
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains(CLOSED_BY_READER)) {
        return code;
      }
      reason = e.getMessage();
    }
    err.println(
        "llava: the output could not be written ("
            + reason
            + "); free some space or write it to another place");
    err.flush();
    return code == 0 ? Failures.BAD_INPUT : code;
  }
}
