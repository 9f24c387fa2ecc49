package llava4j.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Finds the next sample in a file after invalid JSON.
///
/// @param file file of samples in UTF-8
record Recovery(JsonMapper json, Path file) {
  private static final int HEAD = 4096;
  private static final int BUFFER = 1 << 16;
  private static final long NONE = -1;
  private static final Pattern ID =
      Pattern.compile("\\{\\s*\"id\"\\s*:\\s*(?:\"([^\"\\\\]{1,200})\"|(\\d{1,30}))");

  private static final Pattern BEGINNING =
      Pattern.compile("\\{\\s*\"(?:id|image|conversations)\"\\s*:");

  /// A stream that starts at a byte of the file. The caller closes it.
  InputStream streamAt(long at) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      channel.position(at);
      return Channels.newInputStream(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private boolean beginsAsSample(long at) throws IOException {
    try (InputStream in = streamAt(at)) {
      return BEGINNING.matcher(new String(in.readNBytes(HEAD), StandardCharsets.UTF_8)).lookingAt();
    }
  }

  /// The id of a broken sample, if it is the sample's first key.
  Optional<String> idAt(long at) throws IOException {
    try (InputStream in = streamAt(at)) {
      Matcher id = ID.matcher(new String(in.readNBytes(HEAD), StandardCharsets.UTF_8));
      return id.lookingAt()
          ? Optional.of(id.group(1) == null ? id.group(2) : id.group(1))
          : Optional.empty();
    }
  }

  /// The byte at which the next object starts that looks like a sample, not like a turn; it may be
  /// broken too.
  ///
  /// @param at first byte to search
  OptionalLong sampleFrom(long at) throws IOException {
    long open = NONE; // byte of the last opening brace, if only white space follows it
    long passed = at; // bytes before this belong to an object that is not a sample
    try (InputStream in = new BufferedInputStream(streamAt(at), BUFFER)) {
      long position = at;
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (position >= passed) {
          if (c == '"' && open != NONE) {
            Candidate candidate = candidate(open);
            if (candidate.sample()) {
              return OptionalLong.of(open);
            }
            passed = Math.max(passed, candidate.end());
          }
          boolean blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
          open = c == '{' ? position : blank ? open : NONE;
        }
        position++;
      }
    }
    return OptionalLong.empty();
  }

  /// An object that may be a sample.
  ///
  /// @param sample whether it is one
  /// @param end byte after it, [#NONE] if it is not valid JSON
  private record Candidate(boolean sample, long end) {}

  private Candidate candidate(long at) throws IOException {
    try (InputStream in = streamAt(at);
        JsonParser parser = json.createParser(in)) {
      parser.nextToken();
      JsonNode node = parser.readValueAsTree();
      boolean sample =
          node.has("conversations") || (!node.has("from") && (node.has("id") || node.has("image")));
      return new Candidate(sample, at + parser.currentLocation().getByteOffset());
    } catch (JacksonIOException e) {
      throw e.getCause();
    } catch (JacksonException e) {
      return new Candidate(beginsAsSample(at), NONE);
    }
  }
}
