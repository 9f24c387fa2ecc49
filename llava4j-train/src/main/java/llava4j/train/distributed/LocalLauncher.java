package llava4j.train.distributed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ThreadCount;

/// Starts several processes of this program on this machine. When one fails, the others are ended
/// too.
public final class LocalLauncher {
  /// Exit code of a process that was asked to stop and wrote a checkpoint: that of a program ended
  /// by Ctrl-C, so that scripts do not go on with what is not finished.
  public static final int STOPPED = 130;

  private static final String INCUBATOR_WARNING = "WARNING: Using incubator modules";
  private static final long GRACE_SECONDS = 70; // the others detect a lost process within a minute

  private final String mainClass;
  private final List<String> arguments;
  private final PrintStream out;
  private final PrintStream err;
  private final List<Process> processes = new ArrayList<>();

  /// @param mainClass of every process
  /// @param arguments of every process
  /// @param out receives the standard output of the first process
  /// @param err receives the standard error of all processes
  public LocalLauncher(String mainClass, List<String> arguments, PrintStream out, PrintStream err) {
    this.mainClass = mainClass;
    this.arguments = List.copyOf(arguments);
    this.out = out;
    this.err = err;
  }

  /// Starts `count` processes and waits until all have ended.
  ///
  /// @param more additional environment variables
  /// @return the first exit code that is not 0, or 0
  public int run(int count, Map<String, String> more) throws InterruptedException {
    int port = freePort();
    List<Thread> copiers = new ArrayList<>();
    synchronized (processes) {
      for (int rank = 0; rank < count; rank++) {
        Process process = start(rank, count, port, more);
        processes.add(process);
        copiers.add(copy(process.getErrorStream(), err));
        copiers.add(
            copy(
                process.getInputStream(),
                rank == 0 ? out : new PrintStream(OutputStream.nullOutputStream())));
      }
    }
    int code = await(count);
    for (Thread copier : copiers) {
      copier.join();
    }
    return code;
  }

  /// Asks all processes to stop; they write a checkpoint first.
  public void stop() {
    synchronized (processes) {
      // through the handle: Process.destroy would also close the pipes, and lose the last output
      processes.forEach(process -> process.toHandle().destroy());
    }
  }

  /// The processes, in rank order.
  public List<Process> processes() {
    synchronized (processes) {
      return List.copyOf(processes);
    }
  }

  private int await(int count) throws InterruptedException {
    int code = 0;
    long deadline = Long.MAX_VALUE;
    boolean[] reported = new boolean[count];
    while (processes().stream().anyMatch(Process::isAlive)) {
      for (int rank = 0; rank < count; rank++) {
        Process process = processes().get(rank);
        if (reported[rank] || process.isAlive()) {
          continue;
        }
        reported[rank] = true;
        if (process.exitValue() != 0 && code == 0) {
          code = process.exitValue();
          if (code == STOPPED) {
            continue; // all of them stop at the same step
          }
          err.println(
              "llava: process " + rank + " ended with code " + code + "; ending the others");
          deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
        }
      }
      if (System.nanoTime() > deadline) {
        processes().forEach(Process::destroyForcibly);
      }
      Thread.sleep(100);
    }
    for (Process process : processes()) {
      code = code == 0 ? process.exitValue() : code;
    }
    return code;
  }

  private Process start(int rank, int count, int port, Map<String, String> more) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> !argument.startsWith("-Dllava.stderr"))
        .forEach(command::add);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(mainClass);
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    ThreadCount threads = NativeRuntime.chosenThreads().dividedBy(count);
    Map<String, String> environment = builder.environment();
    environment.put(ThreadCount.VARIABLE, String.valueOf(threads.count()));
    environment.put("OMP_WAIT_POLICY", "PASSIVE");
    environment.putIfAbsent("OPENBLAS_THREAD_TIMEOUT", "4");
    environment.put(LaunchEnvironment.RANK, String.valueOf(rank));
    environment.put(LaunchEnvironment.LOCAL_RANK, String.valueOf(rank));
    environment.put(LaunchEnvironment.WORLD_SIZE, String.valueOf(count));
    environment.put(LaunchEnvironment.MASTER_ADDR, "127.0.0.1");
    environment.put(LaunchEnvironment.MASTER_PORT, String.valueOf(port));
    environment.putAll(more);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException("process " + rank + " cannot be started", e);
    }
  }

  /// Copies bytes as they arrive, so that a progress line can overwrite itself; drops Java's
  /// warning that the vector module is incubating.
  private static Thread copy(InputStream in, PrintStream to) {
    return Thread.ofVirtual()
        .start(() -> {
          byte[] buffer = new byte[8192];
          try (in) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
              String text = new String(buffer, 0, read, StandardCharsets.UTF_8);
              if (text.startsWith(INCUBATOR_WARNING)) {
                int end = text.indexOf('\n') + 1;
                to.print(text.substring(end));
              } else {
                to.write(buffer, 0, read);
              }
              to.flush();
            }
          } catch (IOException e) {
            // the process has ended
          }
        });
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("there is no free TCP port", e);
    }
  }
}
