package llava4j.cli.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import llava4j.error.BadInputException;

/// The process in which llama.cpp runs: does what it reads from standard input, answers on standard
/// output, and ends with its input. A process of its own has its own memory to be measured, and
/// takes nobody with it where foreign code fails.
final class LlamaWorker {
  /// What is asked for.
  enum Request {
    LOAD,
    PREFILL,
    BEGIN,
    DECODE,
    LOGITS,
    PEAK
  }

  private static final int SIGINT = 2;
  private static final long IGNORE = 1; // SIG_IGN

  private final DataInputStream in;
  private final DataOutputStream out;

  private LlamaWorker(DataInputStream in, DataOutputStream out) {
    this.in = in;
    this.out = out;
  }

  /// @param arguments folder of the libraries, model file, threads
  public static void main(String[] arguments) throws IOException {
    LlamaWorker worker =
        new LlamaWorker(
            new DataInputStream(new BufferedInputStream(System.in)),
            new DataOutputStream(new BufferedOutputStream(System.out)));
    System.setOut(System.err); // standard output is for answers
    ignoreInterrupts();
    worker.serve(arguments);
  }

  /// Ctrl-C reaches all processes of a terminal. It is for the benchmark, which ends this one.
  @SuppressWarnings("restricted") // the process is started for foreign code
  private static void ignoreInterrupts() {
    Linker linker = Linker.nativeLinker();
    MethodHandle signal =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("signal"),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    try {
      MemorySegment _ = (MemorySegment) signal.invokeExact(SIGINT, MemorySegment.ofAddress(IGNORE));
    } catch (Throwable e) { // foreign functions throw nothing
      throw new IllegalStateException(e);
    }
  }

  private void serve(String[] arguments) throws IOException {
    try {
      LlamaLibrary library = new LlamaLibrary(LlamaFiles.in(Path.of(arguments[0])));
      out.writeUTF("");
      out.writeUTF(library.version() + ", " + library.backend());
      out.flush();
      try (Engine engine =
          new LlamaSession(library, Path.of(arguments[1]), Integer.parseInt(arguments[2]))) {
        while (answer(engine)) {
          out.flush();
        }
      }
    } catch (BadInputException | IllegalArgumentException e) { // also: no such library
      out.writeUTF(e.getMessage());
      out.flush();
    }
  }

  /// @return whether there was a request
  private boolean answer(Engine engine) throws IOException {
    Request request;
    try {
      request = Request.valueOf(in.readUTF());
    } catch (EOFException e) {
      return false;
    }
    switch (request) {
      case LOAD -> reply(engine.load());
      case PREFILL -> reply(engine.prefill(readIds(in)));
      case BEGIN -> {
        int[][] prompts = new int[in.readInt()][];
        for (int i = 0; i < prompts.length; i++) {
          prompts[i] = readIds(in);
        }
        engine.begin(prompts, in.readInt());
        reply(0);
      }
      case DECODE -> reply(engine.decode(in.readInt()));
      case LOGITS -> {
        float[][] logits = engine.logits(readIds(in), readIds(in));
        out.writeUTF("");
        out.writeInt(logits.length);
        for (float[] row : logits) {
          out.writeInt(row.length);
          for (float value : row) {
            out.writeFloat(value);
          }
        }
      }
      case PEAK -> {
        out.writeUTF("");
        out.writeLong(engine.peakBytes());
      }
    }
    return true;
  }

  private void reply(double seconds) throws IOException {
    out.writeUTF("");
    out.writeDouble(seconds);
  }

  static void writeIds(DataOutputStream out, int[] ids) throws IOException {
    out.writeInt(ids.length);
    for (int id : ids) {
      out.writeInt(id);
    }
  }

  private static int[] readIds(DataInputStream in) throws IOException {
    int[] ids = new int[in.readInt()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = in.readInt();
    }
    return ids;
  }
}
