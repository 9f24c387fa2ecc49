package llava4j.cli.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import llava4j.cli.bench.LlamaWorker.Request;
import llava4j.error.BadInputException;

/// [LlamaWorker] in a process of its own. It ends with this one, whatever ends this one.
final class LlamaProcess implements Engine {
  private final Process process;
  private final DataOutputStream requests;
  private final DataInputStream answers;
  private final Thread reaper;
  private final String version;

  /// Starts it.
  ///
  /// @throws BadInputException if the libraries are not what they should be
  LlamaProcess(LlamaFiles files, Path model, int threads) {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:+DisplayVMOutputToStderr",
            "-cp",
            System.getProperty("java.class.path"),
            LlamaWorker.class.getName(),
            files.folder().toString(),
            model.toAbsolutePath().toString(),
            String.valueOf(threads));
    try {
      this.process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new BadInputException("the process for llama.cpp cannot start: " + e.getMessage(), e);
    }
    this.reaper = new Thread(process::destroyForcibly, "llava4j-bench-end");
    Runtime.getRuntime().addShutdownHook(reaper);
    this.requests = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
    this.answers = new DataInputStream(new BufferedInputStream(process.getInputStream()));
    try {
      this.version = ask(_ -> {}, in -> in.readUTF());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /// llama.cpp's version, and the library that it chose for this processor.
  String version() {
    return version;
  }

  @Override
  public double load() {
    return ask(out -> out.writeUTF(Request.LOAD.name()), DataInputStream::readDouble);
  }

  @Override
  public double prefill(int[] ids) {
    return ask(
        out -> {
          out.writeUTF(Request.PREFILL.name());
          LlamaWorker.writeIds(out, ids);
        },
        DataInputStream::readDouble);
  }

  @Override
  public void begin(int[][] prompts, int steps) {
    double _ =
        ask(
            out -> {
              out.writeUTF(Request.BEGIN.name());
              out.writeInt(prompts.length);
              for (int[] prompt : prompts) {
                LlamaWorker.writeIds(out, prompt);
              }
              out.writeInt(steps);
            },
            DataInputStream::readDouble);
  }

  @Override
  public double decode(int steps) {
    return ask(
        out -> {
          out.writeUTF(Request.DECODE.name());
          out.writeInt(steps);
        },
        DataInputStream::readDouble);
  }

  @Override
  public float[][] logits(int[] prompt, int[] following) {
    return ask(
        out -> {
          out.writeUTF(Request.LOGITS.name());
          LlamaWorker.writeIds(out, prompt);
          LlamaWorker.writeIds(out, following);
        },
        in -> {
          float[][] rows = new float[in.readInt()][];
          for (int row = 0; row < rows.length; row++) {
            rows[row] = new float[in.readInt()];
            for (int i = 0; i < rows[row].length; i++) {
              rows[row][i] = in.readFloat();
            }
          }
          return rows;
        });
  }

  @Override
  public long peakBytes() {
    return ask(out -> out.writeUTF(Request.PEAK.name()), DataInputStream::readLong);
  }

  /// Ends the process.
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
      Runtime.getRuntime().removeShutdownHook(reaper);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IllegalStateException e) {
      return; // the hook is running already
    }
  }

  /// Whether the process is there.
  boolean isAlive() {
    return process.isAlive();
  }

  @FunctionalInterface
  private interface Asking {
    void write(DataOutputStream out) throws IOException;
  }

  @FunctionalInterface
  private interface Answer<T> {
    T read(DataInputStream in) throws IOException;
  }

  private <T> T ask(Asking asking, Answer<T> answer) {
    String refusal;
    try {
      asking.write(requests);
      requests.flush();
      refusal = answers.readUTF();
      if (refusal.isEmpty()) {
        return answer.read(answers);
      }
    } catch (IOException e) {
      throw new BadInputException(
          "llama.cpp's process ended in the middle"
              + (process.isAlive() ? "" : " with code " + process.exitValue())
              + "; is memory short? Leave --against out",
          e);
    }
    throw new BadInputException(refusal);
  }
}
