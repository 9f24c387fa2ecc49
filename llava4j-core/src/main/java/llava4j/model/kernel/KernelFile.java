package llava4j.model.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import llava4j.io.AtomicFile;
import llava4j.model.kernel.KernelFigures.Outcome;
import llava4j.model.kernel.KernelFigures.Right;
import llava4j.model.kernel.KernelFigures.Wrong;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The file that keeps a measurement: JSON, a few kilobytes.
///
/// @param path one for each number of threads
record KernelFile(Path path) {
  private static final String MACHINE = "machine";
  private static final String SECONDS = "seconds by rows";
  private static final String WRONG = "wrong";

  /// Longer files are none of ours.
  private static final long MOST_BYTES = 1 << 20;

  /// Why a file is of no use.
  static final class Useless extends Exception {
    private static final long serialVersionUID = 1;

    Useless(String why) {
      super(why);
    }
  }

  static KernelFile in(Path folder, Machine machine) {
    return new KernelFile(folder.resolve("kernels-" + machine.threads() + "-threads.json"));
  }

  boolean exists() {
    return Files.exists(path);
  }

  /// @throws Useless if it is of another machine or damaged, or cannot be read; the message
  ///   continues "the file ..."
  MeasuredKernels read(Machine machine) throws Useless {
    JsonNode root;
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw new Useless("is damaged: it is too long");
      }
      root = new JsonMapper().readTree(Files.readString(path));
    } catch (IOException e) {
      throw new Useless("cannot be read: " + e.getMessage());
    } catch (UncheckedIOException | JacksonException e) {
      throw new Useless("is damaged: it is no JSON");
    }
    Map<String, String> facts = new LinkedHashMap<>();
    root.path(MACHINE)
        .properties()
        .forEach(fact -> facts.put(fact.getKey(), fact.getValue().asString("")));
    String difference = machine.difference(facts).orElse(null);
    if (!root.path(MACHINE).isObject()) {
      throw new Useless("is damaged: it names no machine");
    }
    if (difference != null) {
      throw new Useless("is of another machine or version (" + difference + ")");
    }
    return new MeasuredKernels(figures(root, 4), figures(root, 8));
  }

  private static KernelFigures figures(JsonNode root, int bits) throws Useless {
    JsonNode width = root.path(name(bits));
    Map<BlockKernel, Outcome> kernels = new LinkedHashMap<>();
    for (BlockKernel kernel : BlockKernel.available()) {
      kernels.put(
          kernel,
          outcome(
              width.path(name(kernel)),
              KernelFigures.ONE_ROW,
              KernelFigures.SOME_ROWS,
              KernelFigures.MANY_ROWS));
    }
    Map<PrefillMode, Outcome> products = new LinkedHashMap<>();
    for (PrefillMode mode : PrefillMode.values()) {
      if (width.has(mode.toString())) {
        products.put(mode, outcome(width.path(mode.toString()), KernelFigures.MANY_ROWS));
      }
    }
    return new KernelFigures(kernels, products);
  }

  private static Outcome outcome(JsonNode node, int... rows) throws Useless {
    if (node.path(WRONG).isString()) {
      return new Wrong(node.path(WRONG).asString());
    }
    Map<Integer, Double> seconds = new TreeMap<>();
    for (int count : rows) {
      double time = node.path(SECONDS).path(String.valueOf(count)).asDouble(0);
      if (!(time > 0) || Double.isInfinite(time)) {
        throw new Useless("is damaged: a time is missing");
      }
      seconds.put(count, time);
    }
    return new Right(seconds);
  }

  /// Writes it, and its missing folders.
  ///
  /// @throws llava4j.error.BadInputException if the place cannot be written
  void write(Machine machine, MeasuredKernels measured) {
    JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    ObjectNode root = mapper.createObjectNode();
    ObjectNode facts = root.putObject(MACHINE);
    machine.facts().forEach(facts::put);
    for (int bits : new int[] {4, 8}) {
      ObjectNode width = root.putObject(name(bits));
      KernelFigures figures = measured.of(bits);
      figures.kernels().forEach((kernel, outcome) -> put(width.putObject(name(kernel)), outcome));
      figures.products().forEach((mode, outcome) -> put(width.putObject(mode.toString()), outcome));
    }
    try (AtomicFile file = AtomicFile.openAmongMany(path)) {
      file.write((mapper.writeValueAsString(root) + "\n").getBytes(StandardCharsets.UTF_8));
      file.commit();
    }
  }

  private static void put(ObjectNode node, Outcome outcome) {
    switch (outcome) {
      case Wrong wrong -> node.put(WRONG, wrong.why());
      case Right right -> {
        ObjectNode seconds = node.putObject(SECONDS);
        new TreeMap<>(right.seconds())
            .forEach((rows, time) -> seconds.put(String.valueOf(rows), time));
      }
    }
  }

  private static String name(int bits) {
    return bits + " bits";
  }

  private static String name(BlockKernel kernel) {
    return kernel.name().toLowerCase(Locale.ROOT);
  }
}
