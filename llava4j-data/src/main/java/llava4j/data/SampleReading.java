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

/// The first reading of a file of samples, which builds the index. If the listener tolerates
/// faults, reading continues at the next sample.
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

  /// Receives faults. To stop the reading it throws `sentence`.
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
  /// @param in the file from its start; it is not closed, and not always read to its end
  SampleIndex read(InputStream in) throws IOException {
    requireUtf8();
    OptionalLong next = readFrom(0, in);
    while (next.isPresent()) {
      long at = next.getAsLong();
      try (InputStream rest = recovery.streamAt(at)) {
        // to continue within a list, an opening bracket is put in front of the rest
        next =
            list ? readFrom(at - 1, new SequenceInputStream(bracket(), rest)) : readFrom(at, rest);
      }
    }
    if (entries == 0) {
      throw new BadInputException(file + " contains no samples; use another file");
    }
    return samples.build();
  }

  /// Reads entries until the end of the file or until invalid JSON.
  ///
  /// @param offset of the stream's first byte in the file
  /// @return the byte at which to continue; empty at the end
  private OptionalLong readFrom(long offset, InputStream in) throws IOException {
    long start = NONE;
    long end = Math.max(0, offset);
    try (JsonParser parser = json.createParser(new NonClosingStream(in))) {
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
        brokenBetween(end, "the file ends before the end of its list", endsEarly(end));
      }
      if (token == JsonToken.END_ARRAY && parser.nextToken() != null) {
        long after = offset + parser.currentTokenLocation().getByteOffset();
        brokenBetween(after, "there is more text after the list", textAfterList());
        list = false;
        return OptionalLong.of(after);
      }
      return OptionalLong.empty();
    } catch (JacksonIOException e) {
      throw e.getCause();
    } catch (JacksonException e) {
      return afterBroken(offset, start, end, e);
    }
  }

  /// An object, or the value in its place. A list in its place may be as large as the whole file
  /// and is skipped.
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
    found.forEach(fault -> faults.onFault(fault, SampleJson.asException(file, fault)));
    if (found.stream().allMatch(fault -> fault.kind().harmless())) {
      samples.add(
          start, Math.toIntExact(end - start), number, SampleJson.parse(node, file, number));
    }
    progress.onBytes(end, total);
  }

  private OptionalLong afterBroken(long offset, long start, long end, JacksonException e)
      throws IOException {
    // if a limit is exceeded, such as the nesting depth, the parser gives no location
    long at = e.getLocation() == null ? start : offset + e.getLocation().getByteOffset();
    if (list && start == NONE && e instanceof UnexpectedEndOfInputException) {
      brokenBetween(end, "the file ends before the end of its list", endsEarly(at));
      return OptionalLong.empty();
    }
    String what = plain(e) + " (byte " + at + ")";
    BadInputException sentence =
        new BadInputException(
            file
                + " is not valid JSON "
                + place()
                + ": "
                + what
                + "; correct it or download it again",
            e);
    if (start != NONE) {
      int number = entries;
      String id = recovery.idAt(start).orElse(String.valueOf(number));
      faults.onFault(new SampleFault(number, id, start, Kind.JSON, what), sentence);
      entries++;
      return recovery.sampleFrom(start + 1);
    }
    if (entries == 0) {
      throw sentence; // without any entry it is not a file of samples
    }
    brokenBetween(at, what, sentence);
    return recovery.sampleFrom(end);
  }

  /// The parser's message without its hints about parser features and source locations.
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
        file
            + " ends before the end of its list, "
            + place()
            + " (byte "
            + at
            + "); download it again");
  }

  private BadInputException textAfterList() {
    return new BadInputException(
        file
            + " has more text after its list of "
            + entries
            + " samples; put all samples into one list");
  }

  private String place() {
    return entries == 0 ? "at its start" : "after sample " + (entries - 1);
  }

  private static InputStream bracket() {
    return new ByteArrayInputStream(new byte[] {'['});
  }

  /// Rejects UTF-16 and UTF-32, because offsets count bytes of UTF-8. Such files start with a byte
  /// order mark or have a 0 among the first four bytes.
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

  /// A stream that the parser cannot close, so that the rest of the file can still be hashed.
  private static final class NonClosingStream extends FilterInputStream {
    NonClosingStream(InputStream in) {
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
