package llava4j.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import llava4j.golden.Golden;
import llava4j.text.tokenizer.SentencePieceModel.Piece;
import llava4j.text.tokenizer.SentencePieceModel.PieceType;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class StreamingDetokenizerTest {
  private static List<Tokenizer> tokenizers = List.of();

  @BeforeContainer
  static void open() {
    tokenizers = opened();
  }

  @AfterContainer
  static void close() {
    tokenizers.forEach(Tokenizer::close);
  }

  @Property(tries = 2000)
  void streamedTextEqualsTheWholeOnAnyIds(@ForAll("ids") int[] ids) {
    for (Tokenizer tokenizer : tokenizers) {
      assertThat(String.join("", stream(tokenizer, ids))).isEqualTo(tokenizer.decode(ids, true));
    }
  }

  @Property(tries = 500)
  void streamedTextIsNeverTakenBack(@ForAll("ids") int[] ids, @ForAll("ids") int[] more) {
    int[] longer = Arrays.copyOf(ids, ids.length + more.length);
    System.arraycopy(more, 0, longer, ids.length, more.length);
    for (Tokenizer tokenizer : tokenizers) {
      List<String> pieces = stream(tokenizer, ids);
      String settled = String.join("", pieces.subList(0, pieces.size() - 1));
      assertThat(tokenizer.decode(longer, true)).startsWith(settled);
    }
  }

  @Test
  void everyGoldenTextIsStreamedAsItIsDecoded() {
    for (Tokenizer tokenizer : opened()) {
      try (tokenizer) {
        long different = 0;
        long compared = 0;
        for (String file :
            List.of("tokenizer/tokenization.jsonl", "tokenizer/decode_random.jsonl")) {
          for (JsonNode row : Golden.jsonl(file)) {
            int[] ids =
                row.has("ids")
                    ? Golden.ints(row.get("ids"))
                    : tokenizer.encode(row.get("text").asString());
            String streamed = String.join("", stream(tokenizer, ids));
            different += streamed.equals(tokenizer.decode(ids, true)) ? 0 : 1;
            compared++;
          }
        }
        Golden.checkExact(
            "tokenizer streams " + tokenizer.getClass().getSimpleName(), compared, different);
      }
    }
  }

  @Test
  void aCharacterOfFourBytesComesWhole() {
    for (Tokenizer tokenizer : opened()) {
      try (tokenizer) {
        int[] ids = tokenizer.encode("a\uD83E\uDD99b", false); // a llama
        assertThat(stream(tokenizer, ids))
            .allSatisfy(piece -> assertThat(piece).doesNotContain("\uFFFD"))
            .anySatisfy(piece -> assertThat(piece).contains("\uD83E\uDD99"));
      }
    }
  }

  @Test
  void costGrowsWithTheNumberOfIds() {
    try (Tokenizer tokenizer = GoldenTokenizers.slow(true)) {
      Random random = new Random(7);
      StreamingDetokenizer stream = tokenizer.streamingDetokenizer();
      long characters = 0;
      for (int i = 0; i < 1_000_000; i++) { // minutes if each id decoded all before it
        characters += stream.accept(random.nextInt(tokenizer.vocabularySize())).length();
      }
      assertThat(characters + stream.finish().length()).isGreaterThan(1_000_000);
    }
  }

  /// Half of them bytes, so that sound and broken characters, and runs of both, occur.
  @Provide
  Arbitrary<int[]> ids() {
    List<Piece> pieces = GoldenTokenizers.model().pieces();
    Arbitrary<Integer> any = Arbitraries.integers().between(-2, pieces.size() + 10);
    Arbitrary<Integer> bytes =
        Arbitraries.of(idsWhere(pieces, piece -> piece.type() == PieceType.BYTE));
    Arbitrary<Integer> blanksAndSpecials =
        Arbitraries.of(
            idsWhere(
                pieces,
                piece ->
                    piece.text().isBlank()
                        || piece.text().startsWith("▁▁")
                        || piece.text().equals("▁")
                        || piece.type() == PieceType.CONTROL
                        || piece.type() == PieceType.UNKNOWN));
    return Arbitraries.oneOf(any, bytes, blanksAndSpecials).array(int[].class).ofMaxSize(24);
  }

  private static List<Integer> idsWhere(List<Piece> pieces, Predicate<Piece> wanted) {
    return IntStream.range(0, pieces.size())
        .filter(id -> wanted.test(pieces.get(id)))
        .boxed()
        .toList();
  }

  private static List<Tokenizer> opened() {
    return List.of(
        GoldenTokenizers.slow(true), GoldenTokenizers.slow(false), GoldenTokenizers.fast());
  }

  private static List<String> stream(Tokenizer tokenizer, int[] ids) {
    StreamingDetokenizer stream = tokenizer.streamingDetokenizer();
    List<String> pieces = new ArrayList<>();
    for (int id : ids) {
      pieces.add(stream.accept(id));
    }
    pieces.add(stream.finish());
    return pieces;
  }
}
