package llava4j.cli.bench;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.List;
import llava4j.error.BadInputException;

/// The structs of llama.h that are passed by value, as llama.cpp [#VERSION] has them. They move
/// between versions without notice, so what a library gives as its defaults is compared with what
/// this version gives before anything is written.
final class LlamaLayouts {
  /// What `llama_version()` says, up to a `-dev` behind it.
  static final String VERSION = "0.5.0";

  /// `llama_model_params`.
  static final StructLayout MODEL_PARAMS =
      structLayout(
          ADDRESS.withName("devices"),
          ADDRESS.withName("tensor_buft_overrides"),
          JAVA_INT.withName("n_gpu_layers"),
          JAVA_INT.withName("split_mode"),
          JAVA_INT.withName("load_mode"),
          JAVA_INT.withName("lazy_mode"),
          JAVA_INT.withName("main_gpu"),
          paddingLayout(4),
          ADDRESS.withName("tensor_split"),
          ADDRESS.withName("progress_callback"),
          ADDRESS.withName("progress_callback_user_data"),
          ADDRESS.withName("kv_overrides"),
          JAVA_BOOLEAN.withName("vocab_only"),
          JAVA_BOOLEAN.withName("check_tensors"),
          JAVA_BOOLEAN.withName("use_extra_bufts"),
          JAVA_BOOLEAN.withName("no_host"),
          JAVA_BOOLEAN.withName("no_alloc"),
          JAVA_BOOLEAN.withName("load_mtp"),
          paddingLayout(2));

  /// `llama_context_params`.
  static final StructLayout CONTEXT_PARAMS =
      structLayout(
          JAVA_INT.withName("n_ctx"),
          JAVA_INT.withName("n_batch"),
          JAVA_INT.withName("n_ubatch"),
          JAVA_INT.withName("n_seq_max"),
          JAVA_INT.withName("n_rs_seq"),
          JAVA_INT.withName("n_outputs_max"),
          JAVA_INT.withName("n_outputs_max_per_seq"),
          JAVA_INT.withName("n_threads"),
          JAVA_INT.withName("n_threads_batch"),
          JAVA_INT.withName("ctx_type"),
          JAVA_INT.withName("rope_scaling_type"),
          JAVA_INT.withName("pooling_type"),
          JAVA_INT.withName("attention_type"),
          JAVA_INT.withName("flash_attn_type"),
          JAVA_FLOAT.withName("rope_freq_base"),
          JAVA_FLOAT.withName("rope_freq_scale"),
          JAVA_FLOAT.withName("yarn_ext_factor"),
          JAVA_FLOAT.withName("yarn_attn_factor"),
          JAVA_FLOAT.withName("yarn_beta_fast"),
          JAVA_FLOAT.withName("yarn_beta_slow"),
          JAVA_INT.withName("yarn_orig_ctx"),
          JAVA_FLOAT.withName("defrag_thold"),
          ADDRESS.withName("cb_eval"),
          ADDRESS.withName("cb_eval_user_data"),
          JAVA_INT.withName("type_k"),
          JAVA_INT.withName("type_v"),
          ADDRESS.withName("abort_callback"),
          ADDRESS.withName("abort_callback_data"),
          JAVA_BOOLEAN.withName("embeddings"),
          JAVA_BOOLEAN.withName("offload_kqv"),
          JAVA_BOOLEAN.withName("no_perf"),
          JAVA_BOOLEAN.withName("op_offload"),
          JAVA_BOOLEAN.withName("swa_full"),
          JAVA_BOOLEAN.withName("kv_unified"),
          paddingLayout(2),
          ADDRESS.withName("samplers"),
          JAVA_LONG.withName("n_samplers"),
          ADDRESS.withName("ctx_other"));

  /// `llama_batch`.
  static final StructLayout BATCH =
      structLayout(
          JAVA_INT.withName("n_tokens"),
          paddingLayout(4),
          ADDRESS.withName("token"),
          ADDRESS.withName("embd"),
          ADDRESS.withName("pos"),
          ADDRESS.withName("n_seq_id"),
          ADDRESS.withName("seq_id"),
          ADDRESS.withName("logits"));

  /// `ggml_threadpool_params`.
  static final StructLayout THREADPOOL_PARAMS =
      structLayout(
          java.lang.foreign.MemoryLayout.sequenceLayout(512, JAVA_BOOLEAN).withName("cpumask"),
          JAVA_INT.withName("n_threads"),
          JAVA_INT.withName("prio"),
          JAVA_INT.withName("poll"),
          JAVA_BOOLEAN.withName("strict_cpu"),
          JAVA_BOOLEAN.withName("paused"),
          paddingLayout(2));

  /// `load_mode`: neither mapped nor locked, the file is read.
  static final int LOAD_MODE_NONE = 0;

  private static final int AUTO = -1;
  private static final int F16 = 1;

  private LlamaLayouts() {}

  static int getInt(MemorySegment struct, StructLayout layout, String field) {
    return struct.get(JAVA_INT, layout.byteOffset(groupElement(field)));
  }

  static void putInt(MemorySegment struct, StructLayout layout, String field, int value) {
    struct.set(JAVA_INT, layout.byteOffset(groupElement(field)), value);
  }

  static void putBoolean(MemorySegment struct, StructLayout layout, String field, boolean value) {
    struct.set(JAVA_BOOLEAN, layout.byteOffset(groupElement(field)), value);
  }

  static void putAddress(
      MemorySegment struct, StructLayout layout, String field, MemorySegment value) {
    struct.set(ADDRESS, layout.byteOffset(groupElement(field)), value);
  }

  /// Fails unless the library is this version and gives this version's defaults.
  ///
  /// @param version what `llama_version()` says
  /// @param model what `llama_model_default_params()` gives
  /// @param context what `llama_context_default_params()` gives
  static void requireKnown(String version, MemorySegment model, MemorySegment context) {
    if (!version.replaceFirst("-dev$", "").equals(VERSION)) {
      throw unknown("it is llama.cpp " + version);
    }
    List<String> others = new ArrayList<>();
    expect(others, model, MODEL_PARAMS, "n_gpu_layers", AUTO);
    expect(others, model, MODEL_PARAMS, "split_mode", 1);
    expect(others, model, MODEL_PARAMS, "load_mode", AUTO);
    expect(others, model, MODEL_PARAMS, "main_gpu", 0);
    expect(others, context, CONTEXT_PARAMS, "n_ctx", 512);
    expect(others, context, CONTEXT_PARAMS, "n_batch", 2048);
    expect(others, context, CONTEXT_PARAMS, "n_ubatch", 512);
    expect(others, context, CONTEXT_PARAMS, "n_seq_max", 1);
    expect(others, context, CONTEXT_PARAMS, "n_outputs_max", 0);
    expect(others, context, CONTEXT_PARAMS, "n_threads", 4);
    expect(others, context, CONTEXT_PARAMS, "n_threads_batch", 4);
    expect(others, context, CONTEXT_PARAMS, "ctx_type", 0);
    expect(others, context, CONTEXT_PARAMS, "flash_attn_type", AUTO);
    expect(others, context, CONTEXT_PARAMS, "yarn_orig_ctx", 0);
    expect(others, context, CONTEXT_PARAMS, "defrag_thold", Float.floatToIntBits(-1f));
    expect(others, context, CONTEXT_PARAMS, "type_k", F16);
    expect(others, context, CONTEXT_PARAMS, "type_v", F16);
    if (!others.isEmpty()) {
      throw unknown("its defaults are others in " + String.join(", ", others));
    }
  }

  private static void expect(
      List<String> others, MemorySegment struct, StructLayout layout, String field, int value) {
    if (getInt(struct, layout, field) != value) {
      others.add(field);
    }
  }

  private static BadInputException unknown(String why) {
    return new BadInputException(
        "the library in --llama-cpp has structs that this command does not know ("
            + why
            + ", known is "
            + VERSION
            + "); leave --llama-cpp out, and the right one is downloaded");
  }
}
