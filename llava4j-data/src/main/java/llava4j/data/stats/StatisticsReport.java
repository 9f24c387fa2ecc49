package llava4j.data.stats;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import llava4j.data.Lengths;
import llava4j.data.SampleFault;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.image.decode.DecodeOptions;
import llava4j.text.ResponseFormat;

/// An HTML page about a file of samples: number of samples by source, lengths, kinds of questions
/// and answers, and examples. The same file and seed produce the same page.
///
/// @param images folder that the image paths are relative to
/// @param decoding options for decoding images
/// @param examples number of example samples for each source
/// @param seed random seed for drawing the examples
public record StatisticsReport(Path images, DecodeOptions decoding, int examples, long seed) {
  /// Maximum number of examples for each source.
  public static final int MOST_EXAMPLES = 100;

  private static final String PAGE = "report.html.mustache";
  private static final int FREQUENT = 15;
  private static final int MOST_LETTERS = 60;
  private static final double WIDEST = 12; // em
  private static final int[] WORDS = {0, 1, 2, 3, 5, 10, 20, 50, 100, 200};

  /// A report that decodes images with [DecodeOptions#defaults].
  public StatisticsReport(Path images, int examples, long seed) {
    this(images, DecodeOptions.defaults(), examples, seed);
  }

  public StatisticsReport {
    if (!Files.isDirectory(images)) {
      throw new BadInputException(
          images + " is not a folder; set --images to the folder of the samples' images");
    }
    if (examples < 0 || examples > MOST_EXAMPLES) {
      throw new BadInputException(
          "--examples is " + examples + "; it must be from 0 to " + MOST_EXAMPLES);
    }
  }

  /// Receives the progress of the report.
  public interface Progress {
    /// Progress of the first reading, in bytes.
    void onBytes(long done, long total);

    /// Progress of the counting, in samples.
    void onSamples(long done, long total);
  }

  /// Reads the file and writes `stats.html`.
  ///
  /// @return the page
  /// @throws BadInputException if the file cannot be read or the page cannot be written
  public Path write(Path file, Path folder, Progress progress) {
    AtomicLong broken = new AtomicLong();
    try (SampleFile samples =
        SampleFile.openLeniently(
            file, progress::onBytes, fault -> broken.addAndGet(leftOut(fault)))) {
      DataStatistics statistics = new DataStatistics(examples, seed);
      statistics.addAll(samples, progress::onSamples);
      Path page = folder.resolve("stats.html");
      Files.createDirectories(folder);
      Files.writeString(page, page(file, samples, statistics, broken.get()));
      return page;
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static long leftOut(SampleFault fault) {
    return fault.kind().harmless() ? 0 : 1;
  }

  private String page(Path file, SampleFile samples, DataStatistics statistics, long broken)
      throws IOException {
    List<SourceTally> sources = statistics.sources();
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("file", PageText.of(String.valueOf(file.getFileName()), MOST_LETTERS));
    values.put("samples", samples.size());
    values.put("broken", broken == 0 ? null : broken);
    values.put("seed", seed);
    List<Map<String, Object>> rows = new ArrayList<>();
    List<Map<String, Object>> sections = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      SourceTally source = sources.get(i);
      Map<String, Object> row = row(source, samples.size(), "source-" + i);
      rows.add(row);
      Map<String, Object> section = new LinkedHashMap<>(row);
      section.putAll(details(source));
      List<Map<String, Object>> shown =
          Arrays.stream(source.examples())
              .mapToObj(index -> new Example(images, decoding, samples.get(index)).values())
              .toList();
      section.put("hasExamples", !shown.isEmpty());
      section.put("shown", shown);
      sections.add(section);
    }
    values.put("rows", rows);
    values.put("all", row(statistics.all(), samples.size(), ""));
    values.put("sources", sections);
    try (Reader reader =
        new InputStreamReader(
            StatisticsReport.class.getResourceAsStream(PAGE), StandardCharsets.UTF_8)) {
      Template template = Mustache.compiler().nullValue("").compile(reader);
      return template.execute(values);
    }
  }

  private static Map<String, Object> row(SourceTally source, int total, String anchor) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("name", PageText.of(source.name(), MOST_LETTERS));
    row.put("anchor", anchor);
    row.put("count", source.samples());
    row.put("share", percent(source.samples(), total));
    row.put("pictures", source.images());
    row.put("rounds", mean(source.rounds()));
    row.put("mostRounds", source.rounds().max());
    row.put("questionWords", mean(source.questionWords()));
    row.put("longestQuestion", source.questionWords().max());
    row.put("answerWords", mean(source.answerWords()));
    row.put("longestAnswer", source.answerWords().max());
    return row;
  }

  private static Map<String, Object> details(SourceTally source) {
    Map<String, Object> details = new LinkedHashMap<>();
    List<Map<String, Object>> formats = new ArrayList<>();
    for (ResponseFormat format : ResponseFormat.values()) {
      if (source.questionsAsking(format) > 0) {
        formats.add(
            Map.of(
                "prompt", format == ResponseFormat.FREE ? "(none)" : format.instruction(),
                "questions", source.questionsAsking(format),
                "questionShare",
                    percent(source.questionsAsking(format), source.questionWords().count()),
                "samples", source.samplesAsking(format),
                "sampleShare", percent(source.samplesAsking(format), source.samples())));
      }
    }
    details.put("hasFormats", !formats.isEmpty());
    details.put("formats", formats);
    details.put("questionLengths", lengths(source.questionWords()));
    details.put("answerLengths", lengths(source.answerWords()));
    details.put("firstWords", bars(source.firstWords().top(FREQUENT)));
    List<Map<String, Object>> answers = bars(source.shortAnswers().top(FREQUENT));
    details.put("hasShortAnswers", !answers.isEmpty());
    details.put("shortAnswers", answers);
    return details;
  }

  /// A bar for each range of lengths that occurs.
  private static List<Map<String, Object>> lengths(Lengths lengths) {
    List<FrequentTexts.Entry> entries = new ArrayList<>();
    for (int i = 0; i < WORDS.length; i++) {
      boolean last = i == WORDS.length - 1;
      int to = last ? Integer.MAX_VALUE : WORDS[i + 1] - 1;
      long count = lengths.count(WORDS[i], to);
      String range = to == WORDS[i] ? "" + to : WORDS[i] + (last ? " and more" : " to " + to);
      if (count > 0) {
        entries.add(new FrequentTexts.Entry(range, count));
      }
    }
    return bars(entries);
  }

  /// One bar for each entry; the largest has the full width.
  private static List<Map<String, Object>> bars(List<FrequentTexts.Entry> entries) {
    long most = entries.stream().mapToLong(FrequentTexts.Entry::count).max().orElse(1);
    return entries.stream()
        .map(entry ->
            Map.<String, Object>of(
                "text", PageText.of(entry.text(), MOST_LETTERS),
                "count", entry.count(),
                "width", String.format(Locale.ROOT, "%.2f", WIDEST * entry.count() / most)))
        .toList();
  }

  private static String percent(long part, long whole) {
    return String.format(Locale.ROOT, "%.1f", whole == 0 ? 0 : 100.0 * part / whole);
  }

  private static String mean(Lengths lengths) {
    return String.format(Locale.ROOT, "%.1f", lengths.mean());
  }
}
