import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Runs llava's own commands on a GPU and beside it on the processor, and writes what came out:
/// `GpuCheck ROOT [--out FILE] [--model FOLDER] [--device NAME]`, from scripts/gpu-check.sh.
final class GpuCheck {
  /// Of everything but the download; a program is ended when it is over.
  private static final double BUDGET_SECONDS = Double.parseDouble(System.getProperty("gpu-check.seconds", "450"));

  /// Of the model with random weights.
  private static final long MODEL_BYTES = Long.getLong("gpu-check.model-bytes", 13_500_000_000L);
  private static final List<String> IMAGES =
      List.of("bicycle", "elephant", "hamburger", "moon", "penguin", "pizza");
  private static final List<String> ZERO = List.of("NONE", "OPTIMIZER", "GRADIENTS", "PARAMETERS");

  /// A GPU computes in bf16, the processor in fp32: these are differences of rounding.
  private static final double LOG_PROBABILITY = 0.1;
  private static final double LOSS = 0.02;

  /// Beside quantised weights the processor rounds activations to 8 bits, and a GPU to bf16.
  private static final double QUANTISED_LOG_PROBABILITY = 0.2;

  private final JsonMapper json = new JsonMapper();
  private final ObjectNode result = json.createObjectNode();
  private final Path root;
  private final Path work;
  private final Map<String, String> options;
  private final String device;
  private long begun = System.nanoTime();
  private boolean counting; // whether the time counts
  private Optional<String> reason = Optional.empty();
  private Optional<String> noModel = Optional.empty();
  private boolean failed;

  private GpuCheck(Path root, Path work, Map<String, String> options) {
    this.root = root;
    this.work = work;
    this.options = options;
    this.device = options.getOrDefault("--device", "cuda");
  }

  /// What a check found.
  private interface Work {
    void run(ObjectNode line) throws IOException, Problem;
  }

  /// Why there is no figure.
  private static final class Problem extends Exception {
    private final String status;

    Problem(String status, String why) {
      super(why);
      this.status = status;
    }
  }

  /// What a program printed.
  private record Output(String out, double seconds) {}

  public static void main(String[] arguments) throws IOException {
    Map<String, String> options = new HashMap<>();
    for (int i = 1; i < arguments.length; i += 2) {
      if (i + 1 == arguments.length || !List.of("--out", "--model", "--device").contains(arguments[i])) {
        System.err.println("gpu-check: use --out FILE, --model FOLDER, --device NAME");
        System.exit(2);
      }
      options.put(arguments[i], arguments[i + 1]);
    }
    Path work = Files.createTempDirectory("gpu-check");
    GpuCheck check = new GpuCheck(Path.of(arguments[0]), work, options);
    try {
      check.run();
    } finally {
      delete(work);
    }
    System.out.println("written to " + check.out());
    System.exit(check.failed ? 1 : 0);
  }

  private Path out() {
    return Path.of(options.getOrDefault("--out", "gpu-check.json"));
  }

  /// After every line, so that a machine that is taken away leaves what is known.
  private void write() throws IOException {
    Files.writeString(out(), result.toPrettyString() + "\n");
  }

  private void run() throws IOException {
    result.put("time", Instant.now().toString());
    result.put("device", device);
    write(); // a file that cannot be written is named at once
    noModel = noRoom();
    noModel.ifPresent(why -> System.out.println("note: " + why));
    reason = missing(); // may download the libraries, which is not part of the time
    begun = System.nanoTime();
    counting = true;
    line("device", 20, this::device);
    line("forward, beside the processor", 60, out -> forward(out, Optional.empty(), LOG_PROBABILITY));
    for (String weights : List.of("q8", "q4")) {
      line("forward with " + weights + ", beside the processor", 60,
          out -> forward(out, Optional.of(weights), QUANTISED_LOG_PROBABILITY));
    }
    line("generation, beside the processor", 60, this::generation);
    for (String zero : ZERO) {
      line("training step, zero=" + zero + ", beside the processor", 60, out -> training(zero, out));
    }
    speeds("bf16", 150, Optional.of("image to the first word"));
    line("training MFU, 7B shapes", 60, this::utilisation);
    speeds("q8", 90, Optional.empty());
    speeds("q4", 90, Optional.empty());
    line("transformers", 60, this::transformers);
    result.put("seconds", seconds());
    write();
  }

  /// Why no model with random weights can be made.
  private Optional<String> noRoom() throws IOException {
    long free = Files.getFileStore(work).getUsableSpace();
    return options.containsKey("--model") || device.equals("cpu") || free >= MODEL_BYTES
        ? Optional.empty()
        : Optional.of(
            "%s has %.1f GB free, and a model with random weights needs %.1f GB; set TMPDIR to a folder with more, or give --model"
                .formatted(work.getParent(), free / 1e9, MODEL_BYTES / 1e9));
  }

  // --- lines ---

  /// @param needed seconds without which it is not begun, of the usual time for everything
  private void line(String name, int needed, Work work) throws IOException {
    ObjectNode line = result.withArray("lines").addObject();
    line.put("what", name);
    try {
      if (reason.isPresent()) {
        throw new Problem("not run", reason.get());
      }
      if (seconds() + needed * (BUDGET_SECONDS / 450) > BUDGET_SECONDS) {
        throw new Problem("not run", "there was no time left");
      }
      line.put("status", "ok");
      work.run(line);
    } catch (Problem e) {
      line.put("status", e.status);
      line.put("why", e.getMessage());
      failed |= e.status.equals("failed");
    } catch (IOException | RuntimeException e) { // such as an answer that is no JSON
      line.put("status", "failed");
      line.put("why", e.toString().lines().findFirst().orElse("no message"));
      failed = true;
    }
    line.put("seconds_so_far", Math.round(seconds()));
    System.out.println(shown(line));
    write();
  }

  private static String shown(ObjectNode line) {
    StringBuilder text = new StringBuilder(line.get("what").asString());
    text.append(": ").append(line.get("status").asString());
    line.properties()
        .forEach(entry -> {
          switch (entry.getKey()) {
            case "what", "status", "seconds_so_far", "doctor" -> {}
            case "why" -> text.append(" (").append(entry.getValue().asString()).append(')');
            default -> text.append("; ").append(entry.getKey()).append(' ').append(entry.getValue());
          }
        });
    return text.toString();
  }

  private double seconds() {
    return (System.nanoTime() - begun) / 1e9;
  }

  /// Why nothing can be run, as llava says it.
  private Optional<String> missing() {
    try {
      llava(1800, Map.of(), "info", "-m", tiny(), "--device", device);
      return Optional.empty();
    } catch (Problem | IOException | RuntimeException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private void device(ObjectNode line) throws IOException, Problem {
    Output doctor = llava(60, Map.of("LLAVA_DEVICE", device), "doctor", "--json");
    line.set("doctor", json.readTree(doctor.out()));
  }

  /// @param weights of both; empty for the widest of each
  private void forward(ObjectNode line, Optional<String> weights, double most) throws IOException, Problem {
    double worst = 0;
    for (String image : IMAGES.subList(0, 2)) {
      JsonNode there = first(answer(image, device, true, weights));
      JsonNode here = first(answer(image, "cpu", true, weights.or(() -> Optional.of("fp32"))));
      requireThat(there.get("id").equals(here.get("id")), "the first word about " + image + " differs");
      worst =
          Math.max(
              worst,
              Math.abs(there.get("logprob").asDouble() - here.get("logprob").asDouble()));
    }
    line.put("largest difference of log-probabilities", worst);
    requireThat(worst <= most, worst + " is more than " + most);
  }

  private void generation(ObjectNode line) throws IOException, Problem {
    int equal = 0;
    for (String image : IMAGES) {
      String there = answer(image, device, false, Optional.empty()).get("answer").asString();
      String here = answer(image, "cpu", false, Optional.of("fp32")).get("answer").asString();
      equal += there.equals(here) ? 1 : 0;
    }
    line.put("equal answers", equal + " of " + IMAGES.size());
    requireThat(equal >= IMAGES.size() - 1, "more than one answer differs");
  }

  private JsonNode answer(String image, String where, boolean logProbs, Optional<String> weights)
      throws IOException, Problem {
    List<String> command =
        new ArrayList<>(
            List.of("ask", "-m", tiny(), "--format", "json", "--device", where));
    weights.ifPresent(format -> command.addAll(List.of("--weights", format)));
    if (logProbs) {
      command.addAll(List.of("--logprobs", "1"));
    }
    command.add(root.resolve("examples/images/" + image + ".png").toString());
    command.add("What is in this image?");
    return json.readTree(llava(60, Map.of(), command.toArray(String[]::new)).out());
  }

  private static JsonNode first(JsonNode answer) {
    return answer.get("answers").get(0).get("logprobs").get(0);
  }

  private void training(String zero, ObjectNode line) throws IOException, Problem {
    List<Double> there = losses(device, zero);
    List<Double> here = losses("cpu", zero);
    line.put("losses", there.toString());
    line.put("on the processor", here.toString());
    for (int i = 0; i < here.size(); i++) {
      requireThat(
          Math.abs(there.get(i) - here.get(i)) <= LOSS * Math.abs(here.get(i)),
          "the losses differ by more than " + LOSS);
    }
  }

  private List<Double> losses(String where, String zero) throws IOException, Problem {
    return train(where, "tinyFinetune", tiny(), "zero=" + zero, "maxSteps=2", "globalBatch=2",
            "deviceBatch=2", "maxLength=128")
        .stream()
        .map(step -> step.get("loss").asDouble())
        .toList();
  }

  /// @return the lines of the run's log
  private List<JsonNode> train(String where, String preset, String base, String... settings)
      throws IOException, Problem {
    Path data = work.resolve("data.json");
    List<String> samples = new ArrayList<>();
    for (String image : IMAGES) {
      samples.add(
          "{\"id\":\"%1$s\",\"image\":\"%1$s.png\",\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\\nWhat is this?\"},{\"from\":\"gpt\",\"value\":\"A %1$s.\"}]}"
              .formatted(image));
    }
    Files.writeString(data, samples.toString());
    Path out = Files.createTempDirectory(work, "train").resolve("run");
    List<String> command =
        new ArrayList<>(
            List.of("train", preset, "--base", base, "--data", data.toString(), "--images",
                root.resolve("examples/images").toString(), "--out", out.toString(), "--device", where));
    command.addAll(Arrays.asList(settings));
    llava(150, Map.of(), command.toArray(String[]::new));
    List<JsonNode> steps = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("train.jsonl"))) {
      JsonNode node = json.readTree(line);
      if (node.has("loss")) {
        steps.add(node);
      }
    }
    requireThat(!steps.isEmpty(), "the run has no step in its log");
    delete(out);
    return steps;
  }

  // --- speeds ---

  /// @param needed seconds, as for [#line]
  /// @param more a line that is the same for all weights
  private void speeds(String weights, int needed, Optional<String> more) throws IOException {
    String decode = "decode " + weights + ", ";
    List<String> names =
        new ArrayList<>(
            List.of(decode + "1 sequence", decode + "8 sequences", decode + "64 sequences",
                "prefill " + weights + ", 640 rows"));
    more.ifPresent(names::add);
    JsonNode[] bench = new JsonNode[1];
    for (int i = 0; i < names.size(); i++) {
      int index = i;
      line(names.get(i), i == 0 ? needed : 0, out -> {
        if (index == 0) {
          bench[0] = bench(weights);
        }
        if (bench[0] == null) {
          throw new Problem("not run", "llava bench gave nothing, see above");
        }
        speed(bench[0], index, out);
      });
    }
  }

  private JsonNode bench(String weights) throws IOException, Problem {
    return json.readTree(
        llava(200, Map.of(), "bench", model(), "--device", device, "--weights", weights, "--sequences",
                "1,8,64", "--prefill", "640", "--json", "--repeat", "2")
            .out());
  }

  private void speed(JsonNode bench, int index, ObjectNode out) throws Problem {
    int[] sequences = {1, 8, 64};
    for (JsonNode line : bench.get("lines")) {
      String what = line.get("what").asString();
      boolean wanted =
          switch (index) {
            case 3 -> what.equals("prefill");
            case 4 -> what.contains("image") || what.contains("first");
            default -> what.equals("decode") && line.path("sequences").asInt(1) == sequences[index];
          };
      if (wanted) {
        line.get("ours").properties().forEach(figure -> out.set(what + " " + figure.getKey(), figure.getValue()));
      }
    }
    requireThat(out.size() > 2, "llava bench has no such line");
  }

  private void utilisation(ObjectNode line) throws IOException, Problem {
    List<JsonNode> steps =
        train(device, "pretrain7b", model(), "maxSteps=3", "globalBatch=4", "deviceBatch=4");
    JsonNode last = steps.getLast();
    line.put("stage", "pretraining: the projector learns, the gradient passes the language model");
    for (String name : List.of("mfu", "tokens_per_s", "seconds", "loss")) {
      line.set(name, last.get(name));
    }
  }

  private void transformers(ObjectNode line) throws IOException, Problem {
    try {
      run(60, Map.of(), "python3", "-c", "import torch, transformers");
    } catch (Problem e) {
      throw new Problem("not run", "Python has no transformers");
    }
    Output out = run(200, Map.of(), "python3", root.resolve("scripts/gpu-check/speed.py").toString(), model(), device);
    JsonNode figures = json.readTree(out.out().lines().reduce((_, last) -> last).orElse("{}"));
    figures.properties().forEach(figure -> line.set(figure.getKey(), figure.getValue()));
  }

  /// The model that is measured.
  private String model() throws IOException, Problem {
    if (options.containsKey("--model")) {
      return options.get("--model");
    }
    if (noModel.isPresent()) {
      throw new Problem("not run", noModel.get());
    }
    Path made = work.resolve("7b-random");
    if (!Files.exists(made)) {
      String layers = device.equals("cpu") ? "1" : "32";
      run(200, Map.of(), Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          root.resolve("scripts/gpu-check/RandomModel.java").toString(), tiny(), made.toString(), layers);
    }
    return made.toString();
  }

  private String tiny() {
    return root.resolve("models/llava-tiny").toString();
  }

  // --- programs ---

  private Output llava(int limit, Map<String, String> environment, String... arguments)
      throws IOException, Problem {
    List<String> command = new ArrayList<>(List.of(root.resolve("llava").toString()));
    command.addAll(Arrays.asList(arguments));
    return run(limit, environment, command.toArray(String[]::new));
  }

  private Output run(int limit, Map<String, String> environment, String... command)
      throws IOException, Problem {
    double seconds = counting ? Math.min(limit, BUDGET_SECONDS - seconds()) : limit;
    Path out = Files.createTempFile(work, "out", "");
    Path err = Files.createTempFile(work, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().remove("LLAVA_DEVICE");
    builder.environment().putAll(environment);
    long start = System.nanoTime();
    Process process = builder.start();
    try {
      if (!process.waitFor(Math.max(0, Math.round(1000 * seconds)), TimeUnit.MILLISECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw new Problem(
            seconds < limit ? "not run" : "failed",
            "%s was ended after %.0f s%s".formatted(
                Path.of(command[0]).getFileName(), seconds, seconds < limit ? ", as there was no time left" : ""));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      throw new Problem("failed", "interrupted");
    }
    String said = Files.readString(err).strip();
    if (process.exitValue() != 0) {
      String last = said.lines().reduce((_, next) -> next).orElse("no message");
      throw new Problem("failed", last.replaceFirst("^llava: ", "") + " (exit code " + process.exitValue() + ")");
    }
    return new Output(Files.readString(out), (System.nanoTime() - start) / 1e9);
  }

  private static void requireThat(boolean holds, String otherwise) throws Problem {
    if (!holds) {
      throw new Problem("failed", otherwise);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> paths = Files.walk(folder)) {
      all = new ArrayList<>(paths.toList());
    }
    for (Path path : all.reversed()) {
      Files.delete(path);
    }
  }
}
