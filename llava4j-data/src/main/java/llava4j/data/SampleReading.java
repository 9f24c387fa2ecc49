package llava4j.data;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import llava4j.data.SampleFault.Kind;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// The first reading of a file of samples, which notes where each lies. Where a listener bears with
/// what is broken, the reading goes on at the next sample behind it.
final class SampleReading {
  private static final long NONE = -1;

  private final JsonMapper json;
  private final Path file;
  private final SampleFile.Progress progress;
  private final FaultListener faults;
  private final Recovery recovery;
  private final SampleIndex.Builder samples = new SampleIndex.Builder();
  private final long total;
  private int entries;
  private boolean list;

  /// Hears of what is broken; to end the reading it throws the sentence.
  @FunctionalInterface
  interface FaultListener {
    void onFault(SampleFault fault, BadInputException sentence);
  }

  SampleReading(JsonMapper json, Path file, SampleFile.Progress progress, FaultListener faults)
      throws IOException {
    this.json = json;
    this.file = file;
    this.progress = progress;
    this.faults = faults;
    this.recovery = new Recovery(json, file);
    this.total = Files.size(file);
  }

  /// Reads the file.
  ///
  /// @param in the file from its start; stays open, and is not always read to its end
  SampleIndex read(InputStream in) throws IOException {
    requireUtf8();
    OptionalLong next = readFrom(0, in);
    while (next.isPresent()) {
      long at = next.getAsLong();
      try (InputStream rest = recovery.streamAt(at)) {
        // a list is taken up again behind a bracket of our own
        next =
            list ? readFrom(at - 1, new SequenceInputStream(bracket(), rest)) : readFrom(at, rest);
      }
    }
    if (entries == 0) {
      throw new BadInputException(file + " holds no samples; name a file that does");
    }
    return samples.build();
  }

  /// Reads entries until the end or until something is broken.
  ///
  /// @param offset of the stream's first byte in the file
  /// @return where to go on
  private OptionalLong readFrom(long offset, InputStream in) throws IOException {
    long start = NONE;
    long end = Math.max(0, offset);
    try (JsonParser parser = json.createParser(new KeptOpen(in))) {
      JsonToken token = parser.nextToken();
      list = token == JsonToken.START_ARRAY;
      if (list) {
        token = parser.nextToken();
      }
      while (token != null && token != JsonToken.END_ARRAY) {
        start = offset + parser.currentTokenLocation().getByteOffset();
        JsonNode node = value(parser, token);
        end = offset + parser.currentLocation().getByteOffset();
        add(node, start, end);
        start = NONE;
        token = parser.nextToken();
      }
      if (list && token == null) {
        brokenBetween(end, "the file ends within its list", endsEarly(end));
      }
      if (token == JsonToken.END_ARRAY && parser.nextToken() != null) {
        long behind = offset + parser.currentTokenLocation().getByteOffset();
        brokenBetween(behind, "the file goes on behind its list", goesOn());
        list = false;
        return OptionalLong.of(behind);
      }
      return OptionalLong.empty();
    } catch (JacksonIOException e) {
      throw e.getCause();
    } catch (JacksonException e) {
      return behindBroken(offset, start, end, e);
    }
  }

  /// An object, or what stands in its place; a list there may be the whole file and is passed over.
  private static JsonNode value(JsonParser parser, JsonToken token) {
    if (token == JsonToken.START_ARRAY) {
      parser.skipChildren();
      return JsonNodeFactory.instance.arrayNode();
    }
    return parser.readValueAsTree();
  }

  private void add(JsonNode node, long start, long end) {
    int number = entries++;
    List<SampleFault> found = SampleJson.faults(node, number, start);
    found.forEach(fault -> faults.onFault(fault, SampleJson.refusal(file, fault)));
    if (found.stream().allMatch(fault -> fault.kind().harmless())) {
      samples.add(
          start, Math.toIntExact(end - start), number, SampleJson.parse(node, file, number));
    }
    progress.onBytes(end, total);
  }

  private OptionalLong behindBroken(long offset, long start, long end, JacksonException e)
      throws IOException {
    // where a limit is met, such as that of nesting, the parser does not say where
    long at = e.getLocation() == null ? start : offset + e.getLocation().getByteOffset();
    if (list && start == NONE && e instanceof UnexpectedEndOfInputException) {
      brokenBetween(end, "the file ends within its list", endsEarly(at));
      return OptionalLong.empty();
    }
    String what = plain(e) + " (byte " + at + ")";
    BadInputException sentence =
        new BadInputException(
            file + " is no valid JSON " + place() + ": " + what + "; correct it or fetch it again",
            e);
    if (start != NONE) {
      int number = entries;
      String id = recovery.idAt(start).orElse(String.valueOf(number));
      faults.onFault(new SampleFault(number, id, start, Kind.JSON, what), sentence);
      entries++;
      return recovery.sampleFrom(start + 1);
    }
    if (entries == 0) {
      throw sentence; // without a single entry it is another kind of file
    }
    brokenBetween(at, what, sentence);
    return recovery.sampleFrom(end);
  }

  /// The parser's words without its names of switches and places.
  private static String plain(JacksonException e) {
    if (e instanceof UnexpectedEndOfInputException) {
      return "it ends in the middle of a value";
    }
    return e.getOriginalMessage()
        .replaceAll(
            "\\s*\\([^()]*`[^`]*`[^()]*(\\([^()]*\\)[^()]*)*\\)|: enable `[^`]*` to allow", "");
  }

  private void brokenBetween(long at, String what, BadInputException sentence) {
    faults.onFault(new SampleFault(SampleFault.BETWEEN, place(), at, Kind.JSON, what), sentence);
  }

  private BadInputException endsEarly(long at) {
    return new BadInputException(
        file + " ends within its list, " + place() + " (byte " + at + "); fetch it again");
  }

  private BadInputException goesOn() {
    return new BadInputException(
        file + " goes on behind its list of " + entries + " samples; put all into one list");
  }

  private String place() {
    return entries == 0 ? "at its start" : "behind sample " + (entries - 1);
  }

  private static InputStream bracket() {
    return new ByteArrayInputStream(new byte[] {'['});
  }

  /// Offsets count bytes of UTF-8. In JSON of two or four bytes a character, one of the first four
  /// is 0 or they begin with a mark.
  private void requireUtf8() throws IOException {
    byte[] first;
    try (InputStream in = Files.newInputStream(file)) {
      first = in.readNBytes(4);
    }
    boolean wide = first.length > 1 && (first[0] == (byte) 0xFE || first[0] == (byte) 0xFF);
    for (byte one : first) {
      wide |= one == 0;
    }
    if (wide) {
      throw new BadInputException(file + " is not in UTF-8; convert it: iconv -f UTF-16 -t UTF-8");
    }
  }

  /// A stream that the parser cannot close, so that the rest can still be hashed.
  private static final class KeptOpen extends FilterInputStream {
    KeptOpen(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return in.read(bytes, offset, length);
    }

    @Override
    public void close() {}
  }
}
