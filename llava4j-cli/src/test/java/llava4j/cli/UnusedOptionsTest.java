package llava4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// Every option is used, or refused by its name.
class UnusedOptionsTest {
  private static final Set<String> OF_FILES =
      Set.of(
          "--model",
          "--base",
          "--vision-tower",
          "--mmproj",
          "--merge-lora",
          "--offline",
          "--verbose");
  private static final Set<String> OF_RUNNING =
      Set.of(
          "--device",
          "--weights",
          "--prefill-mode",
          "--kv-cache",
          "--prefix-cache",
          "--prefix-cache-size",
          "--template",
          "--image-mode",
          "--threads");

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final String original = Golden.path("original").toString();
  private final String huggingFace = Golden.path("hf_gqa").toString();
  private final String image = Golden.path("images/photo_420.jpg").toString();

  /// A command that shares options takes those it uses, and a new one has to be thought of here.
  @Test
  void eachCommandTakesTheSharedOptionsThatItUses() {
    Set<String> run = union(OF_FILES, OF_RUNNING);
    Map<String, Set<String>> expected = new TreeMap<>();
    for (String command : List.of("ask", "bench", "chat", "eval", "info", "serve")) {
      expected.put(command, run);
    }
    expected.put("convert", union(OF_FILES, Set.of("--threads")));
    expected.put("quantize", union(OF_FILES, Set.of("--threads")));
    expected.put("train", Set.of("--base", "--vision-tower", "--offline", "--device", "--threads"));
    expected.put("experiment", Set.of("--offline", "--device", "--threads"));
    expected.put("init", Set.of("--threads"));
    expected.put("doctor", Set.of("--threads"));
    expected.put("pull", Set.of("--offline"));
    expected.put("data check", Set.of("--model", "--vision-tower", "--offline"));
    Map<String, Set<String>> found = new TreeMap<>();
    collect("", commandLine(), run, found);
    assertThat(found).containsAllEntriesOf(expected);
    found.keySet().removeAll(expected.keySet());
    assertThat(found.keySet()).allMatch(name -> name.startsWith("data "), "data ...");
  }

  private static void collect(
      String prefix, CommandLine line, Set<String> shared, Map<String, Set<String>> found) {
    line.getSubcommands()
        .forEach((name, command) -> {
          Set<String> options =
              command.getCommandSpec().options().stream()
                  .flatMap(option -> Stream.of(option.names()))
                  .filter(shared::contains)
                  .collect(Collectors.toCollection(TreeSet::new));
          if (!options.isEmpty()) {
            found.put((prefix + " " + name).strip(), options);
          }
          collect(name, command, shared, found);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"--device=cpu", "--weights=fp16", "--image-mode=pad", "--template=plain"})
  void convertRunsNothing(String option) {
    refused("Unknown option", "convert", "-m", original, "--to", "hf", option, "out");
  }

  @Test
  void convertNamesTheTypesOfGgufOnce() {
    String to = folder.resolve("gguf").toString();
    refused("--dtype", "convert", "-m", original, "--to", "gguf-f16", "--dtype", "fp32", to);
  }

  @Test
  void infoTellsOfImagesAsTheyAreCut() {
    assertThat(run("info", "-m", original)).isZero();
    assertThat(out.toString()).contains("images          pad,");
    assertThat(run("info", "-m", original, "--image-mode", "square")).isZero();
    assertThat(out.toString()).contains("images          square,");
  }

  @Test
  void aPrefixCacheNeedsPrompts() {
    String cache = folder.resolve("cache").toString();
    refused("--prefix-cache", "info", "-m", original, "--prefix-cache", cache);
    refused("--prefix-cache", "bench", original, "--prefix-cache", cache);
    refused(
        "--prefix-cache-size", "ask", "-m", original, "--prefix-cache-size", "1G", image, "Hi?");
    assertThat(Path.of(cache)).doesNotExist();
  }

  @Test
  void whatCannotBeUsedIsSaidBeforeTheWork() {
    refused("--prefix-cache is empty", "ask", "-m", original, "--prefix-cache", "", image, "Hi?");
    refused("--merge is 0", "eval", "pope", "--data", ".", "--out", "none", "--merge", "0");
    String none = folder.resolve("none").toString();
    err.getBuffer().setLength(0);
    assertThat(run("eval", "tiny", "-m", original, "--out", none, "--against", none)).isEqualTo(2);
    assertThat(err.toString()).contains("is missing").doesNotContain("asking");
    assertThat(Path.of(none, "vqav2.jsonl")).doesNotExist();
  }

  /// A second process reads the first one's prompt from the folder, and answers the same.
  @Test
  void aPrefixCacheOutlivesTheProcess() throws IOException {
    Path cache = folder.resolve("kept/here");
    String[] ask = {
      "ask", "-m", original, "--format", "json", "--max-tokens", "6", image, "What is in it?"
    };
    assertThat(run(ask)).isZero();
    String alone = out.toString();
    String[] kept = Arrays.copyOf(ask, ask.length + 2);
    kept[ask.length] = "--prefix-cache";
    kept[ask.length + 1] = cache.toString();
    out.getBuffer().setLength(0);
    assertThat(run(kept)).isZero();
    assertThat(text(out)).isEqualTo(text(alone));
    try (Stream<Path> files = Files.list(cache)) {
      assertThat(files.filter(file -> file.toString().endsWith(".kv"))).isNotEmpty();
    }
    out.getBuffer().setLength(0);
    assertThat(run(union(kept, "--verbose"))).isZero();
    assertThat(text(out)).isEqualTo(text(alone));
    assertThat(err.toString())
        .doesNotContain(", 0 from the KV cache")
        .contains("from the KV cache");
    Path file = Files.writeString(folder.resolve("file"), "x");
    kept[ask.length + 1] = file.toString();
    err.getBuffer().setLength(0);
    assertThat(run(kept)).isNotZero();
    assertThat(text(err)).contains("the prefix cache cannot be kept in " + file).hasLineCount(1);
  }

  /// The answers of a JSON object, without what was computed and how long it took.
  private static String text(Object json) {
    return json.toString().replaceAll("(?s)\"usage.*", "");
  }

  private static String[] union(String[] some, String more) {
    String[] all = Arrays.copyOf(some, some.length + 1);
    all[some.length] = more;
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"--base", "--vision-tower", "--mmproj"})
  void aWholeModelNeedsNothingBeside(String option) {
    refused(option, "info", "-m", huggingFace, option, original);
    refused(option, "convert", "-m", huggingFace, option, original, "--to", "hf", "out");
  }

  @Test
  void anOriginalWithWeightsHasNoBase() {
    refused("--base", "info", "-m", original, "--base", huggingFace);
    refused("--mmproj", "info", "-m", original, "--mmproj", huggingFace);
  }

  @Test
  void waysToDrawNeedATemperature() {
    for (String option : List.of("--top-p=0.5", "--top-k=3", "--min-p=0.1")) {
      refused(option.replaceFirst("=.*", ""), "ask", "-m", original, option, image, "Hi?");
    }
    refused("--length-penalty", "ask", "-m", original, "--length-penalty", "2", image, "Hi?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--temperature=0.7", "--top-p=0.5", "--top-k=3", "--min-p=0.1", "--seed=1"})
  void beamsDrawNothing(String option) {
    String name = option.replaceFirst("=.*", "");
    refused(name, "ask", "-m", original, "--beams", "2", option, image, "Hi?");
  }

  @Test
  void whatAnAnswerCannotShowIsRefused() {
    refused("--logprobs", "ask", "-m", original, "--logprobs", "2", image, "Hi?");
    refused("-n", "ask", "-m", original, "-t", "1", "-n", "2", "--stream", image, "Hi?");
    refused("--logprobs", "chat", "-m", original, "--logprobs", "2");
    refused("-n", "chat", "-m", original, "-n", "2");
  }

  @Test
  void theHelpOfAChatNamesNoOptionThatItRefuses() {
    assertThat(run("chat", "--help")).isZero();
    assertThat(out.toString()).contains("--temperature").doesNotContain("--logprobs", " -n");
    assertThat(run("ask", "--help")).isZero();
    assertThat(out.toString()).contains("--logprobs", " -n=");
  }

  @Test
  void aNumberOutsideOfItsRangeIsNamedWithItsOption() {
    refused("--temperature is -1.0", "ask", "-m", original, "-t", "-1", image, "Hi?");
    refused("--temperature is NaN", "ask", "-m", original, "-t", "NaN", image, "Hi?");
    refused("--threads must be between 1", "ask", "--threads", "-1", "-m", original, image, "Hi?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--preset=lora7b", "--vision-tower=clip", "--offline"})
  void aCheckOfDataWithoutAModelHasNoUseForItsOptions(String option) {
    String data = Golden.path("training/stage2_data.json").toString();
    refused(option.replaceFirst("=.*", ""), "data", "check", data, option);
  }

  @Test
  void evaluationRefusesWhatItWouldNotUse() {
    String to = folder.resolve("results").toString();
    // without --data, too
    refused("'pop': use one of vqav2, gqa", "eval", "pop", "-m", original, "--out", to);
    refused("--data", "eval", "tiny", "-m", original, "--out", to, "--data", to);
    for (String option : List.of("--sheet=1", "--against=x", "--judge-url=http://localhost")) {
      refused(
          option.replaceFirst("=.*", ""),
          List.of("eval", "tiny", "-m", original, "--out", to, "--shard", "0/2", option));
    }
    refused("--shard", "eval", "tiny", "--out", to, "--shard", "0/2", "--merge", "2");
    refused("--judge-model", "eval", "tiny", "-m", original, "--out", to, "--judge-model", "x");
    refused("--judge-key", "eval", "tiny", "-m", original, "--out", to, "--judge-key", "x");
  }

  @Test
  void trainingRefusesWhatItWouldNotUse() {
    List<String> train =
        List.of(
            "train",
            "pretrain7b",
            "maxLength=64",
            "--base",
            huggingFace,
            "--data",
            Golden.path("training/stage2_data.json").toString(),
            "--out",
            folder.resolve("run").toString(),
            "--dry-run");
    refused(
        "--feature-cache", with(train, "--feature-cache", folder + "/c", "trainVisionTower=true"));
    refused("--projector-type", with(train, "--projector-type", "linear"));
    refused("--vision-tower", with(train, "--vision-tower", Golden.path("clip_full").toString()));
  }

  private static List<String> with(List<String> words, String... more) {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of(more));
    return all;
  }

  private void refused(String named, String... words) {
    refused(named, List.of(words));
  }

  private void refused(String named, List<String> words) {
    err.getBuffer().setLength(0);
    assertThat(run(words.toArray(String[]::new))).as(words.toString()).isEqualTo(2);
    assertThat(err.toString()).as(words.toString()).contains(named).hasLineCount(1);
    assertThat(folder).isEmptyDirectory();
  }

  private int run(String... words) {
    return Main.execute(commandLine(), words);
  }

  private CommandLine commandLine() {
    return Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    Set<String> all = new TreeSet<>(one);
    all.addAll(other);
    return all;
  }
}
