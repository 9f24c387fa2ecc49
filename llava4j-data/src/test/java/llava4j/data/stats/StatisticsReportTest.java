package llava4j.data.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class StatisticsReportTest {
  private static final String SHORT = "Answer the question using a single word or phrase.";
  private static final StatisticsReport.Progress SILENT = progress(new ArrayList<>());

  @TempDir Path folder;
  private Path images;
  private final List<String> samples = new ArrayList<>();

  @BeforeEach
  void images() throws IOException {
    images =
        Files.createDirectories(folder.resolve("images/coco/train2017")).getParent().getParent();
    Files.copy(Golden.path("images/photo_444.jpg"), images.resolve("coco/train2017/photo.jpg"));
    Files.copy(Golden.path("images/alpha_rgba.png"), images.resolve("flat.png"));
    Files.writeString(images.resolve("coco/broken.jpg"), "no image");
  }

  @Test
  void sourcesAreCountedApart() throws Exception {
    add("1", "coco/train2017/photo.jpg", "<image>\nWhat is it?\n" + SHORT, "Cat", "How many?", "2");
    add("2", "coco/broken.jpg", "Is it red?\n<image>", "It is as red as red can be");
    add("3", "./gqa/none.png", "<image>\nIs there a dog?\n" + SHORT, "No");
    add("4", "flat.png", "<image>", "A thing");
    add("5", "", "write a poem about the sea", "No");
    Document page = page(6, 0);
    assertThat(rows(page, 0))
        .containsExactly(
            List.of("coco/", "2", "40.0", "2", "1.5", "2", "5.7", "12", "3.3", "8"),
            List.of("gqa/", "1", "20.0", "1", "1.0", "1", "13.0", "13", "1.0", "1"),
            List.of("images in no folder", "1", "20.0", "1", "1.0", "1", "0.0", "0", "2.0", "2"),
            List.of("text only", "1", "20.0", "0", "1.0", "1", "6.0", "6", "1.0", "1"),
            List.of("all", "5", "100.0", "4", "1.2", "2", "6.0", "13", "2.3", "8"));
    assertThat(rows(page, 1))
        .as("formats of coco")
        .containsExactly(
            List.of("(none)", "2", "66.7", "2", "100.0"), List.of(SHORT, "1", "33.3", "1", "50.0"));
    assertThat(rows(page, 2)).extracting(List::getFirst).containsExactly("2", "3 to 4", "10 to 19");
    assertThat(rows(page, 4)).extracting(List::getFirst).containsExactly("how", "is", "what");
    assertThat(rows(page, 5)).extracting(List::getFirst).containsExactly("2", "Cat");
  }

  @Test
  void imagesLieInThePageAndNothingElseIsFetched() throws Exception {
    add("1", "coco/train2017/photo.jpg", "<image>\nWhat?", "Cat");
    add("2", "coco/broken.jpg", "<image>\nWhat?", "Cat");
    add("3", "coco/nul\0.jpg", "<image>\nWhat?", "Cat");
    add("4", "none.jpg", "<image>\nWhat?", "Cat");
    Document page = page(6, 0);
    NodeList images = page.getElementsByTagName("img");
    assertThat(images.getLength()).isEqualTo(1);
    String source = ((Element) images.item(0)).getAttribute("src");
    assertThat(source).startsWith("data:image/jpeg;base64,");
    byte[] jpeg = Base64.getDecoder().decode(source.substring(source.indexOf(',') + 1));
    var image = ImageIO.read(new ByteArrayInputStream(jpeg));
    assertThat(Math.max(image.getWidth(), image.getHeight())).isLessThanOrEqualTo(240);
    assertThat(page.getElementsByTagName("script").getLength()).isZero();
    assertThat(page.getElementsByTagName("link").getLength()).isZero();
    assertThat(page.getDocumentElement().getTextContent())
        .contains("the image cannot be read", "the image does not exist");
  }

  @Test
  void whatSamplesSayIsShownAndNeverRun() throws Exception {
    String evil = "<script>alert('x')</script>\"&amp; {{file}} \u0007\uD800 é漢😀";
    add(evil, "<b>/" + evil.replace("/", "") + ".jpg", "<image>\n" + evil, evil);
    Document page = page(6, 0);
    assertThat(page.getElementsByTagName("script").getLength()).isZero();
    assertThat(page.getElementsByTagName("b").getLength()).isZero();
    String shown = "<script>alert('x')</script>\"&amp; {{file}} \uFFFD\uFFFD é漢😀";
    assertThat(texts(page, "p")).contains("<image>\n" + shown, shown);
    assertThat(rows(page, 0).getFirst().getFirst()).isEqualTo("<b>/");
  }

  @Test
  void longSamplesAreCutShort() throws Exception {
    String[] turns = IntStream.range(0, 20).mapToObj(i -> "turn " + i).toArray(String[]::new);
    add("many", "", turns);
    add("long", "", "word ".repeat(2000), "x");
    Document page = page(6, 0);
    assertThat(texts(page, "p")).contains("turn 7", "12 more turns").doesNotContain("turn 8");
    assertThat(texts(page, "p")).filteredOn(text -> text.length() > 403).isEmpty();
  }

  @Test
  void theSeedAloneChoosesExamples() throws Exception {
    for (int i = 0; i < 200; i++) {
      add("sample" + i, "", "q", "a");
    }
    String first = Files.readString(write(3, 1));
    assertThat(Files.readString(write(3, 1))).isEqualTo(first);
    List<String> one = examples(page(3, 1));
    assertThat(one).hasSize(3).doesNotHaveDuplicates();
    assertThat(examples(page(3, 2))).hasSize(3).isNotEqualTo(one);
    assertThat(examples(page(0, 1))).isEmpty();
    assertThat(examples(page(100, 1))).hasSize(100);
  }

  @Test
  void manyFoldersAreShownAsOneSourceBehindTheLargest() throws Exception {
    for (int i = 0; i < 60; i++) {
      add("a" + i, "f" + i + "/x.jpg", "<image>", "A");
    }
    add("again", "f59/x.jpg", "<image>", "A");
    Document page = page(2, 0);
    List<List<String>> rows = rows(page, 0);
    assertThat(rows).hasSize(25);
    assertThat(rows.getFirst().subList(0, 2)).containsExactly("f59/", "2");
    assertThat(rows.get(23).subList(0, 2)).containsExactly("37 other folders", "37");
    assertThat(examples(page)).hasSize(23 + 1 + 2);
  }

  @Test
  void entriesThatCannotBeReadAreTold() throws Exception {
    add("1", "", "q", "a");
    samples.add("{\"id\":\"x\"}");
    samples.add("{\"id\":\"y\",\"conversations\":[{]}");
    Document page = page(6, 0);
    assertThat(page.getDocumentElement().getTextContent())
        .contains("2 entries cannot be read and are left out");
    assertThat(rows(page, 0).getLast().get(1)).isEqualTo("1");
  }

  @Test
  void progressIsTold() throws Exception {
    add("1", "", "q", "a");
    add("2", "", "q", "a");
    List<Long> done = new ArrayList<>();
    new StatisticsReport(images, 1, 0).write(file(), folder, progress(done));
    assertThat(done).containsExactly(1L, 2L);
  }

  @Test
  void badInputIsOneSentence() throws Exception {
    assertThatThrownBy(() -> new StatisticsReport(folder.resolve("nowhere"), 1, 0))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("nowhere is not a folder");
    assertThatThrownBy(() -> new StatisticsReport(images, 101, 0))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("--examples is 101");
    StatisticsReport report = new StatisticsReport(images, 1, 0);
    assertThatThrownBy(() -> report.write(folder.resolve("none.json"), folder, SILENT))
        .isInstanceOf(BadInputException.class);
    add("1", "", "q", "a");
    Path file = file();
    assertThatThrownBy(() -> report.write(file, file, SILENT))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("cannot be written");
  }

  @Test
  void anInterruptEndsIt() throws Exception {
    for (int i = 0; i < 100; i++) {
      add("sample" + i, "", "q", "a");
    }
    Path file = file();
    StatisticsReport report = new StatisticsReport(images, 1, 0);
    StatisticsReport.Progress interrupting =
        new StatisticsReport.Progress() {
          @Override
          public void onBytes(long done, long total) {}

          @Override
          public void onSamples(long done, long total) {
            Thread.currentThread().interrupt();
          }
        };
    assertThatThrownBy(() -> report.write(file, folder, interrupting))
        .hasCauseInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(folder.resolve("stats.html")).doesNotExist();
  }

  /// @param turns alternating turns of human and gpt
  private void add(String id, String image, String... turns) {
    ObjectNode sample = new JsonMapper().createObjectNode();
    sample.put("id", id);
    if (!image.isEmpty()) {
      sample.put("image", image);
    }
    ArrayNode conversations = sample.putArray("conversations");
    for (int i = 0; i < turns.length; i++) {
      conversations.addObject().put("from", i % 2 == 0 ? "human" : "gpt").put("value", turns[i]);
    }
    samples.add(new JsonMapper().writeValueAsString(sample).replace("\uD800 ", "\\ud800 "));
  }

  private Path file() throws IOException {
    return Files.writeString(folder.resolve("samples.json"), "[" + String.join(",", samples) + "]");
  }

  private Path write(int examples, long seed) throws IOException {
    return new StatisticsReport(images, examples, seed).write(file(), folder, SILENT);
  }

  /// The page, parsed as XML; it must be well-formed.
  private Document page(int examples, long seed) throws Exception {
    DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    return builder.parse(
        new InputSource(new StringReader(Files.readString(write(examples, seed)))));
  }

  /// Rows of a table without the headings.
  private static List<List<String>> rows(Document page, int table) {
    NodeList rows =
        ((Element) page.getElementsByTagName("table").item(table)).getElementsByTagName("tr");
    List<List<String>> all = new ArrayList<>();
    for (int i = 0; i < rows.getLength(); i++) {
      List<String> cells = new ArrayList<>();
      NodeList found = rows.item(i).getChildNodes();
      for (int cell = 0; cell < found.getLength(); cell++) {
        cells.add(found.item(cell).getTextContent());
      }
      if (!List.of("source", "prompt").contains(cells.getFirst())) {
        all.add(cells);
      }
    }
    return all;
  }

  private static List<String> texts(Document page, String tag) {
    NodeList found = page.getElementsByTagName(tag);
    return IntStream.range(0, found.getLength())
        .mapToObj(i -> found.item(i).getTextContent())
        .toList();
  }

  private static List<String> examples(Document page) {
    NodeList divisions = page.getElementsByTagName("div");
    return IntStream.range(0, divisions.getLength())
        .mapToObj(i -> (Element) divisions.item(i))
        .filter(division -> division.getAttribute("class").equals("example"))
        .map(Element::getTextContent)
        .toList();
  }

  private static StatisticsReport.Progress progress(List<Long> samplesDone) {
    return new StatisticsReport.Progress() {
      @Override
      public void onBytes(long done, long total) {}

      @Override
      public void onSamples(long done, long total) {
        samplesDone.add(done);
      }
    };
  }
}
