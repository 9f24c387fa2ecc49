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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ThreadCount;

/// Starts several processes of this program on this machine. When one fails, the others are ended
/// too; then all may be started again. Their main class calls [LauncherWatch#start], so that they
/// end with the launcher.
public final class LocalLauncher {
  /// Exit code of a process that was asked to stop and wrote a checkpoint: that of a program ended
  /// by Ctrl-C, so that scripts do not go on with what is not finished.
  public static final int STOPPED = 130;

  /// Exit code of a process that ended because another one was lost: a temporary failure, as in
  /// sysexits.h. The same command resumes the run.
  public static final int LOST = 75;

  /// Of a process that SIGTERM ended.
  private static final int TERMINATED = 143;

  /// Exit code of a process that cannot go on until a person corrects something.
  public static final int BAD_INPUT = 2;

  private static final String INCUBATOR_WARNING = "WARNING: Using incubator modules";
  private static final Duration GRACE = Duration.ofSeconds(60); // the others detect a loss before
  private static final int SIGNALLED = 128; // Java adds the number of the signal

  private final String mainClass;
  private final List<String> arguments;
  private final PrintStream out;
  private final PrintStream err;
  private final Duration grace;
  private final List<Process> processes = new ArrayList<>();
  private volatile boolean stopAsked;

  /// @param mainClass of every process
  /// @param arguments of every process
  /// @param out receives the standard output of the first process
  /// @param err receives the standard error of all processes
  public LocalLauncher(String mainClass, List<String> arguments, PrintStream out, PrintStream err) {
    this(mainClass, arguments, out, err, GRACE);
  }

  /// @param grace how long the other processes may go on after one has failed
  LocalLauncher(
      String mainClass, List<String> arguments, PrintStream out, PrintStream err, Duration grace) {
    this.mainClass = mainClass;
    this.arguments = List.copyOf(arguments);
    this.out = out;
    this.err = err;
    this.grace = grace;
  }

  /// Like [#run], but starts all processes again if one was lost. A process that ends with
  /// [#BAD_INPUT] would do so again, so it is not started again.
  ///
  /// @param restarts how many times at most
  /// @param where called before each restart; says where the run goes on
  /// @return the exit code of the last try
  public int runAgain(int count, int restarts, Map<String, String> more, Supplier<String> where)
      throws InterruptedException {
    int code = run(count, more);
    for (int restart = 1; restart <= restarts && !stopAsked && mayPass(code); restart++) {
      err.println("llava: restart " + restart + " of " + restarts + ", " + where.get());
      code = run(count, more);
    }
    return code;
  }

  private static boolean mayPass(int code) {
    return code != 0 && code != STOPPED && code != BAD_INPUT;
  }

  /// Starts `count` processes and waits until all have ended.
  ///
  /// @param more additional environment variables
  /// @return [#BAD_INPUT] if a process ended with it, else the first exit code that is not 0, or 0;
  ///   [#LOST] if processes were only lost, by a signal or because another one was
  public int run(int count, Map<String, String> more) throws InterruptedException {
    int port = freePort();
    List<Thread> copiers = new ArrayList<>();
    synchronized (processes) {
      processes.clear();
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
    if (stopAsked) {
      stop();
    }
    int code = await(count);
    for (Thread copier : copiers) {
      copier.join();
    }
    return code;
  }

  /// Asks all processes to stop; they write a checkpoint first.
  public void stop() {
    stopAsked = true;
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
    List<Integer> codes = new ArrayList<>(); // in the order in which the processes ended
    long deadline = Long.MAX_VALUE;
    boolean[] ended = new boolean[count];
    while (codes.size() < count) {
      for (int rank = 0; rank < count; rank++) {
        Process process = processes().get(rank);
        if (ended[rank] || process.isAlive()) {
          continue;
        }
        ended[rank] = true;
        int code = process.exitValue();
        codes.add(code);
        if (code != 0 && code != STOPPED && deadline == Long.MAX_VALUE) { // all stop at one step
          err.println(
              "llava: process " + rank + " ended with " + named(code) + "; ending the others");
          deadline = System.nanoTime() + grace.toNanos();
        }
      }
      if (System.nanoTime() > deadline) {
        processes().forEach(Process::destroyForcibly);
      }
      Thread.sleep(100);
    }
    return verdict(codes);
  }

  private int verdict(List<Integer> codes) {
    if (codes.contains(BAD_INPUT)) {
      return BAD_INPUT;
    }
    return codes.stream()
        .map(code -> code == TERMINATED && stopAsked ? STOPPED : code) // before it could answer
        .map(code -> code > SIGNALLED && code != STOPPED ? LOST : code) // killed
        .filter(code -> code != 0 && code != LOST)
        .findFirst()
        .orElse(codes.stream().allMatch(code -> code == 0) ? 0 : LOST);
  }

  private static String named(int code) {
    return code > SIGNALLED ? "signal " + (code - SIGNALLED) : "code " + code;
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
    environment.put(LauncherWatch.VARIABLE, String.valueOf(ProcessHandle.current().pid()));
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
