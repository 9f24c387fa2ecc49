package llava4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import llava4j.data.Turn.Speaker;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class SampleJsonTest {
  private static final String TURNS =
      "'conversations':[{'from':'human','value':'q'},{'from':'gpt','value':'a'}]";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'id':'000123', | 000123",
        "'id':42, | 42",
        "'id':9007199254740993, | 9007199254740993",
        "| 7",
        "'id':null, | 7",
        "'id':{'a':1}, | 7"
      })
  void idIsTextOrNumberOrElseThePosition(String id, String expected) {
    assertThat(parse("{" + (id == null ? "" : id) + TURNS + "}").id()).isEqualTo(expected);
  }

  @Test
  void imageMayBeMissing() {
    assertThat(parse("{'image':'a/b.png'," + TURNS + "}").image()).contains("a/b.png");
    assertThat(parse("{" + TURNS + "}").image()).isEmpty();
    assertThat(parse("{'image':null," + TURNS + "}").image()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"[17,'b.png']", "17", "{'path':'a.png'}", "true"})
  void anImageThatIsNoPathIsNamed(String image) {
    assertRefused("{'id':'s','image':" + image + "," + TURNS + "}", "image is ", "not a path");
  }

  @Test
  void aLongWrongValueIsShortened() {
    assertThatThrownBy(
            () -> parse("{'id':'s','image':[['" + "x".repeat(5000) + "']]," + TURNS + "}"))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",'conversations':[]", ",'conversations':'q'", ",'conversations':{}"})
  void missingConversationsAreNamed(String conversations) {
    assertRefused("{'id':'s'" + conversations + "}", "conversations is missing or is not a list");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'from':'gpt'}",
        "{'value':'a'}",
        "{'from':'gpt','value':3}",
        "{'from':1,'value':'a'}",
        "'a'",
        "null",
        "{'from':null,'value':'a'}"
      })
  void aTurnThatIsNotWholeIsNamedByItsNumber(String turn) {
    assertRefused(
        "{'id':'s','conversations':[{'from':'human','value':'q'}," + turn + "]}",
        "turn 2 has no text");
  }

  @ParameterizedTest
  @CsvSource({"human,HUMAN", "gpt,GPT", "GPT,GPT", "Human,HUMAN", "system,OTHER", "'',OTHER"})
  void speakersAreKnownByName(String from, Speaker speaker) {
    assertThat(parse("{'conversations':[{'from':'" + from + "','value':'x'}]}").turns().getFirst())
        .isEqualTo(new Turn(speaker, "x"));
  }

  @Test
  void unknownKeysAreLeftAlone() {
    String plain = "{'id':'s'," + TURNS + "}";
    assertThat(parse("{'id':'s','source':{'x':[1]},'model':'m'," + TURNS + "}"))
        .isEqualTo(parse(plain));
  }

  private static void assertRefused(String text, String... parts) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("list.json: sample 7 (id 's'): ")
        .hasMessageContainingAll(parts)
        .hasMessageContaining("; correct it, or");
  }

  private static Sample parse(String text) {
    return SampleJson.parse(
        new JsonMapper().readTree(text.replace('\'', '"')), Path.of("list.json"), 7);
  }
}
