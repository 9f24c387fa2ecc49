package llava4j.cli.bench;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Sizes and places are those of the code of llama.cpp 0.5.0's functions that fill these structs.
class LlamaLayoutsTest {
  @Test
  void structsHaveTheSizesOfTheVersion() {
    assertThat(LlamaLayouts.MODEL_PARAMS.byteSize()).isEqualTo(0x50);
    assertThat(LlamaLayouts.CONTEXT_PARAMS.byteSize()).isEqualTo(0xa0);
    assertThat(LlamaLayouts.BATCH.byteSize()).isEqualTo(56);
    assertThat(LlamaLayouts.THREADPOOL_PARAMS.byteSize()).isEqualTo(0x210);
  }

  @ParameterizedTest
  @CsvSource({
    "n_gpu_layers, 16",
    "split_mode, 20",
    "load_mode, 24",
    "main_gpu, 32",
    "tensor_split, 40",
    "vocab_only, 72",
    "use_extra_bufts, 74",
    "load_mtp, 77"
  })
  void fieldsOfAModelStandWhereTheyShould(String field, long place) {
    assertThat(LlamaLayouts.MODEL_PARAMS.byteOffset(groupElement(field))).isEqualTo(place);
  }

  @ParameterizedTest
  @CsvSource({
    "n_ctx, 0", "n_seq_max, 12", "n_threads, 28", "n_threads_batch, 32", "flash_attn_type, 52",
    "defrag_thold, 84", "type_k, 104", "embeddings, 128", "kv_unified, 133", "samplers, 136"
  })
  void fieldsOfAContextStandWhereTheyShould(String field, long place) {
    assertThat(LlamaLayouts.CONTEXT_PARAMS.byteOffset(groupElement(field))).isEqualTo(place);
  }

  @Test
  void theVersionsDefaultsAreKnown() {
    try (Arena arena = Arena.ofConfined()) {
      assertThatCode(() -> LlamaLayouts.requireKnown("0.5.0-dev", model(arena), context(arena)))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void anotherVersionIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> LlamaLayouts.requireKnown("0.6.0", model(arena), context(arena)))
          .isInstanceOf(BadInputException.class)
          .hasMessageContainingAll("llama.cpp 0.6.0", "0.5.0", "leave --llama-cpp out");
    }
  }

  @Test
  void otherDefaultsAreRefusedByName() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment moved = context(arena);
      LlamaLayouts.putInt(moved, LlamaLayouts.CONTEXT_PARAMS, "n_threads", 1);
      assertThatThrownBy(() -> LlamaLayouts.requireKnown("0.5.0", model(arena), moved))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("n_threads,")
          .hasMessageNotContaining("n_threads_batch");
    }
  }

  private static MemorySegment model(Arena arena) {
    MemorySegment model = arena.allocate(LlamaLayouts.MODEL_PARAMS);
    put(model, LlamaLayouts.MODEL_PARAMS, -1, "n_gpu_layers", "load_mode");
    put(model, LlamaLayouts.MODEL_PARAMS, 1, "split_mode", "lazy_mode");
    return model;
  }

  private static MemorySegment context(Arena arena) {
    StructLayout layout = LlamaLayouts.CONTEXT_PARAMS;
    MemorySegment context = arena.allocate(layout);
    put(context, layout, 512, "n_ctx", "n_ubatch");
    put(context, layout, 2048, "n_batch");
    put(context, layout, 1, "n_seq_max", "n_outputs_max_per_seq", "type_k", "type_v");
    put(context, layout, 4, "n_threads", "n_threads_batch");
    put(context, layout, -1, "rope_scaling_type", "pooling_type", "attention_type");
    put(context, layout, -1, "flash_attn_type");
    context.set(ValueLayout.JAVA_FLOAT, layout.byteOffset(groupElement("defrag_thold")), -1f);
    return context;
  }

  private static void put(MemorySegment struct, StructLayout layout, int value, String... fields) {
    for (String field : fields) {
      LlamaLayouts.putInt(struct, layout, field, value);
    }
  }
}
