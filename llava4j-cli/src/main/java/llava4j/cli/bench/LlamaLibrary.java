package llava4j.cli.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import llava4j.error.BadInputException;

/// The functions of llama.h that the comparison needs, called through Java's foreign functions.
/// What they refuse is said in llama.cpp's own words.
@SuppressWarnings("restricted") // calling foreign code is the point; started with native access
final class LlamaLibrary {
  private static final int LOG_ERROR = 4;

  private final Linker linker = Linker.nativeLinker();
  private final Arena arena = Arena.ofAuto();
  private final SymbolLookup llama;
  private final SymbolLookup ggml;
  private final SymbolLookup ggmlBase;
  private final SymbolLookup processor;
  private final Path backend;
  private final MethodHandle decode;
  private final MethodHandle logits;
  private volatile String lastError = "";

  LlamaLibrary(LlamaFiles files) {
    this.ggmlBase = SymbolLookup.libraryLookup(files.ggmlBase(), arena);
    this.ggml = SymbolLookup.libraryLookup(files.ggml(), arena);
    this.llama = SymbolLookup.libraryLookup(files.llama(), arena);
    this.decode = function(llama, "llama_decode", JAVA_INT, ADDRESS, LlamaLayouts.BATCH);
    this.logits = function(llama, "llama_get_logits_ith", ADDRESS, ADDRESS, JAVA_INT);
    listen();
    call(
        function(ggml, "ggml_backend_load_all_from_path", null, ADDRESS),
        arena.allocateFrom(files.folder().toString()));
    call(function(llama, "llama_backend_init", null));
    LlamaLayouts.requireKnown(version(), modelDefaults(), contextDefaults());
    this.backend = chosenBackend(files.folder());
    this.processor = SymbolLookup.libraryLookup(backend, arena);
  }

  /// The library for this processor, of those that lie beside: the one that was loaded.
  private static Path chosenBackend(Path folder) {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.map(line -> line.replaceFirst("^\\S+ \\S+ \\S+ \\S+ \\S+ *", ""))
          .filter(file -> file.contains("libggml-cpu"))
          .findFirst()
          .map(Path::of)
          .orElseThrow(() ->
              new BadInputException(
                  folder + " holds no libggml-cpu library that runs on this processor"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The library for this processor, such as `libggml-cpu-zen4.so`.
  String backend() {
    return backend.getFileName().toString();
  }

  String version() {
    MemorySegment text =
        (MemorySegment) call(function(llama, "llama_version", ADDRESS.withTargetLayout(text())));
    return text.getString(0);
  }

  /// What the library reports as its last error; empty where there was none.
  String lastError() {
    return lastError;
  }

  MemorySegment modelDefaults() {
    return struct("llama_model_default_params", LlamaLayouts.MODEL_PARAMS);
  }

  MemorySegment contextDefaults() {
    return struct("llama_context_default_params", LlamaLayouts.CONTEXT_PARAMS);
  }

  /// Reads a model into memory. NULL if it cannot be.
  MemorySegment loadModel(Path file) {
    MemorySegment params = modelDefaults();
    LlamaLayouts.putInt(
        params, LlamaLayouts.MODEL_PARAMS, "load_mode", LlamaLayouts.LOAD_MODE_NONE);
    LlamaLayouts.putInt(params, LlamaLayouts.MODEL_PARAMS, "n_gpu_layers", 0);
    return (MemorySegment)
        call(
            function(
                llama, "llama_model_load_from_file", ADDRESS, ADDRESS, LlamaLayouts.MODEL_PARAMS),
            arena.allocateFrom(file.toString()),
            params);
  }

  /// NULL if there is no memory for it.
  MemorySegment newContext(MemorySegment model, MemorySegment params) {
    return (MemorySegment)
        call(
            function(llama, "llama_init_from_model", ADDRESS, ADDRESS, LlamaLayouts.CONTEXT_PARAMS),
            model,
            params);
  }

  int vocabulary(MemorySegment model) {
    Object vocab = call(function(llama, "llama_model_get_vocab", ADDRESS, ADDRESS), model);
    return (int) call(function(llama, "llama_vocab_n_tokens", JAVA_INT, ADDRESS), vocab);
  }

  /// Threads that live as long as the process, as llama.cpp's own benchmark has them.
  MemorySegment newThreads(int threads) {
    MemorySegment params = arena.allocate(LlamaLayouts.THREADPOOL_PARAMS);
    call(
        function(ggmlBase, "ggml_threadpool_params_init", null, ADDRESS, JAVA_INT),
        params,
        threads);
    return (MemorySegment)
        call(function(processor, "ggml_threadpool_new", ADDRESS, ADDRESS), params);
  }

  void attachThreads(MemorySegment context, MemorySegment pool) {
    call(
        function(llama, "llama_attach_threadpool", null, ADDRESS, ADDRESS, ADDRESS),
        context,
        pool,
        pool);
  }

  /// Lets idle threads sleep; the next decode wakes them.
  void pauseThreads(MemorySegment pool) {
    call(function(processor, "ggml_threadpool_pause", null, ADDRESS), pool);
  }

  void freeContext(MemorySegment context) {
    call(function(llama, "llama_free", null, ADDRESS), context);
  }

  /// Forgets a sequence's rows from `position` on.
  void forget(MemorySegment context, int sequence, int position) {
    Object memory = call(function(llama, "llama_get_memory", ADDRESS, ADDRESS), context);
    boolean done =
        (boolean)
            call(
                function(
                    llama,
                    "llama_memory_seq_rm",
                    JAVA_BOOLEAN,
                    ADDRESS,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT),
                memory,
                sequence,
                position,
                -1);
    if (!done) {
      throw new IllegalStateException("llama_memory_seq_rm of " + sequence + " at " + position);
    }
  }

  /// @return 0 where it went well
  int decode(MemorySegment context, MemorySegment batch) {
    try {
      return (int) decode.invokeExact(context, batch);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// @param row of the batch, which must have asked for logits
  /// @return [vocab], valid until the next decode
  MemorySegment logits(MemorySegment context, int row, int vocab) {
    try {
      MemorySegment found = (MemorySegment) logits.invokeExact(context, row);
      return found.reinterpret(4L * vocab);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Silences the library but for its errors, of which the last is kept.
  private void listen() {
    try {
      MethodHandle target =
          MethodHandles.lookup()
              .bind(
                  this,
                  "hear",
                  MethodType.methodType(
                      void.class, int.class, MemorySegment.class, MemorySegment.class));
      MemorySegment stub =
          linker.upcallStub(
              target,
              FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS.withTargetLayout(text()), ADDRESS),
              arena);
      call(function(llama, "llama_log_set", null, ADDRESS, ADDRESS), stub, MemorySegment.NULL);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("unused") // called by the library
  private void hear(int level, MemorySegment text, MemorySegment user) {
    if (level == LOG_ERROR) {
      lastError = text.getString(0).strip();
    }
  }

  private static MemoryLayout text() {
    return MemoryLayout.sequenceLayout(Long.MAX_VALUE, JAVA_BYTE);
  }

  private MemorySegment struct(String name, MemoryLayout layout) {
    MethodHandle handle = function(llama, name, layout);
    return (MemorySegment) call(handle, (Object) arena);
  }

  private MethodHandle function(
      SymbolLookup library, String name, MemoryLayout resultOrNull, MemoryLayout... arguments) {
    FunctionDescriptor shape =
        resultOrNull == null
            ? FunctionDescriptor.ofVoid(arguments)
            : FunctionDescriptor.of(resultOrNull, arguments);
    return linker.downcallHandle(library.findOrThrow(name), shape);
  }

  private static Object call(MethodHandle function, Object... arguments) {
    try {
      return function.invokeWithArguments(arguments);
    } catch (Throwable e) { // foreign functions throw nothing
      throw new IllegalStateException(e);
    }
  }
}
