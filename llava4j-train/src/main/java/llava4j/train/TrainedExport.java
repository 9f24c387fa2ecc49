package llava4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointConverter;
import llava4j.checkpoint.LoraAdapter;
import llava4j.checkpoint.RenamedSource;
import llava4j.checkpoint.SafetensorsWriter;
import llava4j.checkpoint.TorchZipWriter;
import llava4j.checkpoint.WriteListener;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.text.ConversationTemplate;
import llava4j.train.TrainConfig.Precision;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes what a run learned in the layouts that LLaVA's, Hugging Face's and PEFT's programs read
/// (spec 5.6).
final class TrainedExport {
  private final TrainConfig config;
  private final Checkpoint base;
  private final TrainedWeights weights;

  TrainedExport(TrainConfig config, Checkpoint base, TrainedWeights weights) {
    this.config = config;
    this.base = base;
    this.weights = weights;
  }

  /// Writes below `out`.
  ///
  /// @return the folders or files that a user wants to know of
  List<Path> write(Path out) {
    Checkpoint trained = checkpoint();
    return switch (config.stage()) {
      case CONNECTOR -> {
        converter(trained).toProjector(out, type());
        yield List.of(out.resolve("mm_projector.bin"));
      }
      case FULL, TOWER -> {
        Path original = fresh(out.resolve("original"));
        Path huggingFace = fresh(out.resolve("hf"));
        converter(trained).toOriginal(original, type());
        if (hasHuggingFaceLayout(trained.config())) {
          converter(trained).toHuggingFace(huggingFace, type());
          yield List.of(original, huggingFace);
        }
        yield List.of(original);
      }
      case ADAPTER -> {
        writeAdapter(out);
        yield List.of(out);
      }
    };
  }

  /// A model that learned to answer in a conversation template has it as its chat template; one
  /// that learned captions keeps its base's.
  private CheckpointConverter converter(Checkpoint trained) {
    ConversationTemplate template = config.data().template();
    return new CheckpointConverter(
        trained,
        WriteListener.NONE,
        template.style() == ConversationTemplate.Style.PLAIN
            ? Optional.empty()
            : Optional.of(template));
  }

  private Checkpoint checkpoint() {
    return new Checkpoint(
        config.preset(),
        base.location(),
        base.dialect(),
        base.config(),
        base.imageProcessor(),
        weights,
        base.tokenizer(),
        base.eosIds(),
        base.addsBos());
  }

  private void writeAdapter(Path out) {
    RenamedSource adapters = part(true);
    RenamedSource others = part(false);
    new SafetensorsWriter(Long.MAX_VALUE)
        .write(adapters, out, "adapter_model", type(), WriteListener.NONE);
    new TorchZipWriter(Long.MAX_VALUE)
        .write(others, out, "non_lora_trainables", type(), WriteListener.NONE);
    ObjectNode root = new JsonMapper().createObjectNode();
    root.put("peft_type", "LORA");
    root.put("task_type", "CAUSAL_LM");
    root.put("base_model_name_or_path", base.location().toAbsolutePath().normalize().toString());
    root.put("r", config.lora().rank());
    root.put("lora_alpha", config.lora().alpha());
    root.put("lora_dropout", config.lora().dropout());
    root.put("bias", "none");
    root.put("fan_in_fan_out", false);
    root.put("inference_mode", true);
    ArrayNode targets = root.putArray("target_modules");
    config.lora().targets().forEach(targets::add);
    try {
      Files.writeString(
          out.resolve("adapter_config.json"),
          new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    } catch (IOException e) {
      throw new BadInputException(out + " cannot be written: " + e.getMessage(), e);
    }
  }

  private RenamedSource part(boolean adapters) {
    return new RenamedSource()
        .add(
            weights,
            name ->
                weights.learned().contains(name) && name.contains(".lora_") == adapters
                    ? Optional.of(LoraAdapter.peft(name, base.config().projector()))
                    : Optional.empty());
  }

  private DType type() {
    return config.execution().precision() == Precision.BF16 ? DType.BF16 : DType.F32;
  }

  private static boolean hasHuggingFaceLayout(LlavaConfig config) {
    return config.projector() instanceof llava4j.config.ProjectorConfig.Mlp(int depth)
        && depth == 2
        && !(config.imageMode() instanceof llava4j.image.ImageMode.Hd);
  }

  /// An empty folder; what an earlier end of this run left in it goes.
  private static Path fresh(Path folder) {
    try {
      if (Files.exists(folder)) {
        List<Path> deepestFirst;
        try (Stream<Path> entries = Files.walk(folder)) {
          deepestFirst = entries.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path entry : deepestFirst) {
          Files.delete(entry);
        }
      }
      return folder;
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be replaced: " + e.getMessage(), e);
    }
  }
}
