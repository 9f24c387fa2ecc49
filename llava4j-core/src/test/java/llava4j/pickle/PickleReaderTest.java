package llava4j.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import llava4j.error.BadInputException;
import llava4j.pickle.PickleReader.Nothing;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PickleReaderTest {
  private static final PickleNames PLAIN = PickleNames.none("list");

  /// One object, written by Python in each of its protocols.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      maxCharsPerColumn = -1,
      value = {
        "0|KGxwMAooZHAxClZzZW50X2lkcwpwMgoobHAzCkkwCmFJLTEKYXNWZmlsZV9uYW1lCnA0ClZhXzEuanBnCnA1CnNWcmF0aW8KcDYKRjAuMjUKc1ZvawpwNwpJMDEKc1ZubwpwOApJMDAKc1Zub25lCnA5Ck5zVmJpZwpwMTAKTDEwOTk1MTE2Mjc3NzZMCnNWc2VudGVuY2VzCnAxMQoobHAxMgooZHAxMwpWdG9rZW5zCnAxNAoobHAxNQpWdGhlCnAxNgphVm1hbidzCnAxNwphViJ4Ilx1MDA1YwpwMTgKYXNWc2VudApwMTkKVmNhZukgXHU0ZWJhIFxVMDAwMWY2MDAgXHUwMDVjdQpwMjAKc2FzVnQKcDIxCihJMQpJMgp0cDIyCnNhLg==",
        "1|XXEAfXEBKFgIAAAAc2VudF9pZHNxAl1xAyhLAEr/////ZVgJAAAAZmlsZV9uYW1lcQRYBwAAAGFfMS5qcGdxBVgFAAAAcmF0aW9xBkc/0AAAAAAAAFgCAAAAb2txB0kwMQpYAgAAAG5vcQhJMDAKWAQAAABub25lcQlOWAMAAABiaWdxCkwxMDk5NTExNjI3Nzc2TApYCQAAAHNlbnRlbmNlc3ELXXEMfXENKFgGAAAAdG9rZW5zcQ5dcQ8oWAMAAAB0aGVxEFgFAAAAbWFuJ3NxEVgEAAAAIngiXHESZVgEAAAAc2VudHETWBEAAABjYWbDqSDkurog8J+YgCBcdXEUdWFYAQAAAHRxFShLAUsCdHEWdWEu",
        "2|gAJdcQB9cQEoWAgAAABzZW50X2lkc3ECXXEDKEsASv////9lWAkAAABmaWxlX25hbWVxBFgHAAAAYV8xLmpwZ3EFWAUAAAByYXRpb3EGRz/QAAAAAAAAWAIAAABva3EHiFgCAAAAbm9xCIlYBAAAAG5vbmVxCU5YAwAAAGJpZ3EKigYAAAAAAAFYCQAAAHNlbnRlbmNlc3ELXXEMfXENKFgGAAAAdG9rZW5zcQ5dcQ8oWAMAAAB0aGVxEFgFAAAAbWFuJ3NxEVgEAAAAIngiXHESZVgEAAAAc2VudHETWBEAAABjYWbDqSDkurog8J+YgCBcdXEUdWFYAQAAAHRxFUsBSwKGcRZ1YS4=",
        "3|gANdcQB9cQEoWAgAAABzZW50X2lkc3ECXXEDKEsASv////9lWAkAAABmaWxlX25hbWVxBFgHAAAAYV8xLmpwZ3EFWAUAAAByYXRpb3EGRz/QAAAAAAAAWAIAAABva3EHiFgCAAAAbm9xCIlYBAAAAG5vbmVxCU5YAwAAAGJpZ3EKigYAAAAAAAFYCQAAAHNlbnRlbmNlc3ELXXEMfXENKFgGAAAAdG9rZW5zcQ5dcQ8oWAMAAAB0aGVxEFgFAAAAbWFuJ3NxEVgEAAAAIngiXHESZVgEAAAAc2VudHETWBEAAABjYWbDqSDkurog8J+YgCBcdXEUdWFYAQAAAHRxFUsBSwKGcRZ1YS4=",
        "4|gASVwQAAAAAAAABdlH2UKIwIc2VudF9pZHOUXZQoSwBK/////2WMCWZpbGVfbmFtZZSMB2FfMS5qcGeUjAVyYXRpb5RHP9AAAAAAAACMAm9rlIiMAm5vlImMBG5vbmWUTowDYmlnlIoGAAAAAAABjAlzZW50ZW5jZXOUXZR9lCiMBnRva2Vuc5RdlCiMA3RoZZSMBW1hbidzlIwEIngiXJRljARzZW50lIwRY2Fmw6kg5Lq6IPCfmIAgXHWUdWGMAXSUSwFLAoaUdWEu"
      })
  void everyProtocolGivesTheSame(int protocol, String pickle) {
    Object read = PickleReader.read(Base64.getDecoder().decode(pickle), "p" + protocol, PLAIN);
    assertThat(read)
        .isEqualTo(
            List.of(
                Map.of(
                    "sent_ids",
                    List.of(0L, -1L),
                    "file_name",
                    "a_1.jpg",
                    "ratio",
                    0.25,
                    "ok",
                    true,
                    "no",
                    false,
                    "none",
                    Nothing.NONE,
                    "big",
                    1L << 40,
                    "sentences",
                    List.of(
                        Map.of(
                            "tokens",
                            List.of("the", "man's", "\"x\"\\"),
                            "sent",
                            "caf\u00e9 \u4eba \ud83d\ude00 \\u")),
                    "t",
                    List.of(1L, 2L))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "S'it\\'s'|it's",
        "S\"it's\"|it's",
        "S'a\\\\b\\x41\\t.'|a\\bA\t.",
        "S'caf\\xc3\\xa9'|caf\u00e9",
        "S'caf\\xe9'|caf\u00e9",
        "S'\\q'|\\q",
        "S''|``"
      })
  void textsOfPython2AreReadWithTheirEscapes(String line, String expected) {
    assertThat(read(line + "\np0\n.")).isEqualTo(expected);
  }

  @Test
  void objectsAreRememberedByNumber() {
    assertThat(read("(lp0\nS'a'\np1\nag1\na(dp2\nS'k'\ng0\nsa."))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .startsWith("a", "a")
        .hasSize(3);
  }

  @Test
  void namesAreRefusedAndNothingRuns() {
    assertRefused("cos\nsystem\n(S'touch x'\ntR.", "os.system", "never executed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "(lp0", "S'abc\np0\n.", "Iabc\n.", "a.", "g7\n.", "\u00ff.", "Vab\\u12\n."})
  void damagedPicklesAreRefused(String pickle) {
    assertRefused(pickle, "f.p is not a sound list: ", "fetch it again");
  }

  @Property(tries = 2000)
  void whateverTheBytesNothingElseIsThrown(@ForAll @Size(max = 60) byte[] bytes) {
    try {
      PickleReader.read(bytes, "f.p", PLAIN);
    } catch (BadInputException e) {
      assertThat(e.getMessage()).startsWith("f.p is not a sound list");
    }
  }

  private static Object read(String pickle) {
    return PickleReader.read(pickle.getBytes(StandardCharsets.ISO_8859_1), "f.p", PLAIN);
  }

  private static void assertRefused(String pickle, String... parts) {
    assertThatThrownBy(() -> read(pickle))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(parts);
  }
}
