package llava4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessorTest {
  @Test
  void nameAndVectorFlagsComeFromCpuinfo() {
    String text =
        """
        processor\t: 0
        model name\t: Some Maker's 9000
        flags\t\t: fpu sse2 avx2 avx512f avx512_bf16 avx512_vnni amx_tile clflush

        processor\t: 1
        model name\t: Some Maker's 9000
        """;
    Processor processor = Processor.of(text);
    assertThat(processor.name()).isEqualTo("Some Maker's 9000");
    assertThat(processor.flags())
        .containsExactly("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile");
  }

  @Test
  void aTextWithoutThemGivesNoFlags() {
    assertThat(Processor.of("nothing").flags()).isEmpty();
    assertThat(Processor.of("nothing").name()).isEqualTo(System.getProperty("os.arch"));
  }
}
