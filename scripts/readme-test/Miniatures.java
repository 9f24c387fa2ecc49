import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.gguf.GgmlType;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.safetensors.SafetensorsWriter;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.eval.tiny.TinyBenchmarks;
import org.bytedeco.pytorch.Tensor;

/// Lays small stand-ins for everything that the documents' commands name, under the names that the
/// documents use, and plays a hub that offers two of them. scripts/readme-test.sh starts it:
///
///     java -cp CLASSPATH Miniatures.java CHECKOUT FOLDER
///
/// A file that a document names and that is not laid here makes the document's command fail.

private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
private static final List<String> THINGS =
    List.of("bicycle", "elephant", "hamburger", "moon", "penguin", "pizza");

void main(String[] arguments) throws Exception {
  Path checkout = Path.of(arguments[0]);
  Path folder = Path.of(arguments[1]);
  models(checkout, folder);
  data(checkout, folder);
  HttpServer server =
      HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  server.createContext("/", exchange -> answer(exchange, folder.resolve("hub")));
  server.start();
  // last, because the script waits for it
  Path address = folder.resolve("hub.address");
  Files.writeString(
      folder.resolve("hub.address.part"), "http://127.0.0.1:" + server.getAddress().getPort());
  Files.move(folder.resolve("hub.address.part"), address);
}

/// The models of the documents: LLaVA-1.5's architecture with few and narrow blocks.
void models(Path checkout, Path folder) throws Exception {
  Path golden = checkout.resolve("llava4j-core/src/test/resources/golden");
  Path original = golden.resolve("original");
  Path tiny = checkout.resolve("models/llava-tiny");
  for (String name : List.of("llava-v1.5-7b", "path/to/llava-v1.5-7b")) {
    original(tiny, folder.resolve(name));
  }
  gguf(tiny, folder);
  copy(tiny, folder.resolve("hub/llava-hf/llava-1.5-7b-hf"));
  copy(golden.resolve("clip_full"), folder.resolve("hub/openai/clip-vit-large-patch14-336"));
  for (String name : List.of("hub/lmsys/vicuna-7b-v1.5", "path/to/vicuna-7b-v1.5", "vicuna-7b-v1.5")) {
    languageModel(original, folder.resolve(name));
  }
}

/// The bundled model, which answers in few words, in the layout of the original code.
void original(Path model, Path folder) {
  try (Checkpoint checkpoint = new CheckpointOpener(CheckpointOptions.none()).open(model.toString())) {
    new CheckpointConverter(checkpoint, WriteListener.NONE).toOriginal(folder, null);
  }
}

/// The same as llama.cpp reads it, the image side beside it.
void gguf(Path model, Path folder) throws IOException {
  Path written = folder.resolve("gguf");
  try (Checkpoint checkpoint = new CheckpointOpener(CheckpointOptions.none()).open(model.toString())) {
    new CheckpointConverter(checkpoint, WriteListener.NONE).toGguf(written, GgmlType.Q4_0);
  }
  try (var files = Files.list(written)) {
    for (Path file : files.toList()) {
      boolean image = file.getFileName().toString().startsWith("mmproj");
      Files.move(file, folder.resolve(image ? file.getFileName().toString() : "model-q4_0.gguf"));
    }
  }
  Files.delete(written);
}

/// An image as a camera's program would store it.
void jpeg(Path image, Path file) throws IOException {
  BufferedImage read = ImageIO.read(image.toFile());
  BufferedImage rgb =
      new BufferedImage(read.getWidth(), read.getHeight(), BufferedImage.TYPE_INT_RGB);
  rgb.createGraphics().drawImage(read, 0, 0, null);
  if (!ImageIO.write(rgb, "jpg", file.toFile())) {
    throw new IOException("no JPEG can be written here");
  }
}

/// The language model of a LLaVA alone, as Vicuna is spread.
void languageModel(Path llava, Path folder) throws Exception {
  Files.createDirectories(folder);
  for (String name : List.of("tokenizer.model", "tokenizer_config.json", "generation_config.json")) {
    copy(llava.resolve(name), folder.resolve(name));
  }
  String config = Files.readString(llava.resolve("config.json"));
  Files.writeString(
      folder.resolve("config.json"),
      config
          .lines()
          .filter(line -> !line.matches(".*\"(mm_|tune_mm|freeze_mm|unfreeze_mm|use_mm|image_).*"))
          .collect(Collectors.joining("\n"))
          .replace("LlavaLlamaForCausalLM", "LlamaForCausalLM")
          .replace("\"model_type\": \"llava\"", "\"model_type\": \"llama\""));
  try (WeightSource all = WeightFolder.open(llava, List.of("pytorch_model"))) {
    new SafetensorsWriter(Long.MAX_VALUE)
        .write(new TextWeights(all), folder, "model", null, WriteListener.NONE);
  }
}

/// The tensors of the language model.
record TextWeights(WeightSource all) implements WeightSource {
  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>(all.tensors());
    tensors.keySet().removeIf(name -> name.contains("mm_projector") || name.contains("vision"));
    return tensors;
  }

  @Override
  public Tensor load(String name) {
    return all.load(name);
  }

  @Override
  public void close() {}
}

/// Images, samples, questions, annotation files.
void data(Path checkout, Path folder) throws Exception {
  Path images = checkout.resolve("examples/images");
  copy(images, folder.resolve("examples/images"));
  copy(checkout.resolve("examples/schemas"), folder.resolve("examples/schemas"));
  copy(images.resolve("moon.png"), folder.resolve("before.png"));
  copy(images.resolve("pizza.png"), folder.resolve("after.png"));
  jpeg(images.resolve("elephant.png"), folder.resolve("cat.jpg"));
  jpeg(images.resolve("bicycle.png"), folder.resolve("sign.jpg"));
  for (String name : List.of("LLaVA-Pretrain", "data", "mine", "my", "tiny-data", "work/data")) {
    copy(images, folder.resolve(name));
  }
  Map<String, Boolean> samples = new LinkedHashMap<>();
  for (String name :
      List.of("blip_laion_cc_sbu_558k", "llava_v1_5_mix665k", "mine", "my",
          "tiny-data/captions", "tiny-data/texts", "work/data/captions", "work/data/instructions",
          "work/data/lessons", "work/data/pairs", "work/data/texts")) {
    samples.put(name, !name.endsWith("texts"));
  }
  for (Map.Entry<String, Boolean> entry : samples.entrySet()) {
    Files.writeString(folder.resolve(entry.getKey() + ".json"), samples(entry.getValue()));
  }
  for (String name : List.of("tiny-data", "work/data")) {
    Files.writeString(folder.resolve(name).resolve("heldout.jsonl"), questions());
  }
  copy(checkout.resolve("llava4j-data/src/test/resources/mixture/sources"), folder.resolve("sources"));
  copy(checkout.resolve("recipes"), folder.resolve("recipes"));
  TinyBenchmarks.write(folder.resolve("playground/data/eval"));
}

String samples(boolean withImages) {
  return THINGS.stream()
      .map(thing ->
          """
          {"id": "%s", %s"conversations": [
            {"from": "human", "value": "%sWhat is this?"},
            {"from": "gpt", "value": "This is a drawing of a %s, and nothing else is to be seen."}]}"""
              .formatted(
                  thing,
                  withImages ? "\"image\": \"" + thing + ".png\", " : "",
                  withImages ? "<image>\\n" : "",
                  thing))
      .collect(Collectors.joining(",\n", "[", "]\n"));
}

String questions() {
  return THINGS.stream()
      .map(thing ->
          """
          {"question_id": "%s", "task": "vqa", "split": "new-style", "kind": "name", \
          "image": "%s.png", "text": "What is this?", "answers": ["%s"]}
          """
              .formatted(thing, thing, thing))
      .collect(Collectors.joining());
}

/// Copies a file or a folder.
void copy(Path from, Path to) throws IOException {
  try (var tree = Files.walk(from)) {
    for (Path path : tree.toList()) {
      Path copy = to.resolve(from.relativize(path).toString());
      if (Files.isDirectory(path)) {
        Files.createDirectories(copy);
      } else {
        Files.createDirectories(copy.toAbsolutePath().getParent());
        Files.copy(path, copy);
      }
    }
  }
}

/// Answers as a hub does: what a repository holds, and its files.
void answer(HttpExchange exchange, Path hub) throws IOException {
  try (exchange) {
    String path = exchange.getRequestURI().getPath().substring(1);
    String[] parts = path.split("/");
    Path repository =
        path.startsWith("api/models/") && parts.length > 3
            ? hub.resolve(parts[2], parts[3])
            : hub.resolve(parts[0], parts.length > 1 ? parts[1] : "");
    if (path.startsWith("api/models/") && Files.isDirectory(repository)) {
      send(exchange, listing(repository).getBytes(StandardCharsets.UTF_8));
    } else if (path.contains("/resolve/" + COMMIT + "/")
        && Files.isRegularFile(repository.resolve(path.split(COMMIT + "/", 2)[1]))) {
      send(exchange, Files.readAllBytes(repository.resolve(path.split(COMMIT + "/", 2)[1])));
    } else {
      exchange.sendResponseHeaders(404, -1);
    }
  }
}

void send(HttpExchange exchange, byte[] bytes) throws IOException {
  exchange.getResponseHeaders().add("ETag", "\"" + sha256(bytes) + "\"");
  exchange.sendResponseHeaders(200, bytes.length);
  exchange.getResponseBody().write(bytes);
}

String listing(Path repository) throws IOException {
  List<String> files = new ArrayList<>();
  try (var tree = Files.walk(repository)) {
    for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
      byte[] bytes = Files.readAllBytes(file);
      files.add(
          "{\"rfilename\": \"%s\", \"size\": %d, \"lfs\": {\"sha256\": \"%s\", \"size\": %d}}"
              .formatted(repository.relativize(file), bytes.length, sha256(bytes), bytes.length));
    }
  }
  return "{\"sha\": \"" + COMMIT + "\", \"siblings\": [" + String.join(",", files) + "]}";
}

String sha256(byte[] bytes) {
  try {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  } catch (java.security.NoSuchAlgorithmException e) {
    throw new AssertionError(e);
  }
}
