package llava4j.checkpoint.adapter;

import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.Checkpoint.Dialect;
import llava4j.checkpoint.weights.LowRankUpdate;
import llava4j.checkpoint.weights.LowRankUpdate.Kind;
import llava4j.checkpoint.weights.LowRankUpdate.Stored;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.TextConfig;
import llava4j.io.CloseAll;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// A base checkpoint with a PEFT adapter on it.
///
/// Unless they are merged, updates of the language model's linear layers stay separate from the
/// base matrices, which may have 16 bits: for each adapted matrix `x.weight` there are also
/// `x.lora_A.weight`, `x.lora_B.weight` and `x.lora_scale`, and the model adds the low-rank
/// product. All other changes of an adapter (updates of the vision tower, of the projector and of
/// tables, fully trained tensors, trained rows, biases) affect tensors that are loaded with the
/// precision of the activations anyway, so these changes are added when the tensors are loaded.
public final class LoraAdapter implements WeightSource {
  private static final String DOWN = ".lora_A.weight";
  private static final String UP = ".lora_B.weight";
  private static final String SCALE = ".lora_scale";
  private static final String HEAD = "lm_head";
  private static final String TABLE = "language_model.embed_tokens";

  private final Checkpoint under;
  private final WeightSource base;
  private final AdapterConfig config;
  private final AdapterParts parts;
  private final boolean merged;
  private final boolean untied;
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Set<String> computed = new HashSet<>();

  private LoraAdapter(
      Checkpoint under, AdapterConfig config, AdapterParts parts, boolean merged, boolean untied) {
    this.under = under;
    this.base = under.weights();
    this.config = config;
    this.parts = parts;
    this.merged = merged;
    this.untied = untied;
  }

  /// Combines an adapter with a base.
  ///
  /// @param parts closed together with the result, like the base's weights; not closed if this
  ///   fails
  /// @param merge whether all updates are added to the matrices when they are loaded
  public static LoraAdapter of(
      AdapterConfig config, AdapterParts parts, Checkpoint under, boolean merge) {
    boolean tied =
        under.config().text().tieEmbeddings()
            && !under.weights().tensors().containsKey(HEAD + ".weight");
    LoraAdapter adapter =
        new LoraAdapter(under, config, parts, merge, tied && touchesTiedMatrix(parts));
    adapter.collect(ParameterTable.of(under.config()).shapes().keySet());
    if (adapter.untied && config.keepsTies()) {
      parts.problem(
          "ensure_weight_tying is not supported on a base whose output head is tied to its embedding table");
    }
    parts.requireNoProblem();
    return adapter;
  }

  /// The language model's configuration with the changes of the adapter: the size of the
  /// vocabulary, and an output head that is no longer tied to the embedding table.
  public TextConfig adapted(TextConfig text) {
    TextConfig sized =
        text.withVocab(Math.toIntExact(tensors.get(TABLE + ".weight").shape().getFirst()));
    return untied ? sized.withTiedEmbeddings(false) : sized;
  }

  /// Whether the updates are merged.
  public boolean merged() {
    return merged;
  }

  /// The folder or file of the base model.
  public Path location() {
    return under.location();
  }

  /// Whether the base model is an unchanged Hugging Face LLaVA.
  public boolean isOnHuggingFace() {
    return under.dialect() == Dialect.HUGGING_FACE && !(base instanceof LoraAdapter);
  }

  public AdapterConfig config() {
    return config;
  }

  public AdapterParts parts() {
    return parts;
  }

  /// The base with all changes of the adapter except its low-rank updates. It is a view; closing it
  /// has no effect.
  public LoraAdapter withoutUpdates(Set<String> known) {
    LoraAdapter rest = new LoraAdapter(under, config, parts.withoutUpdates(), true, untied);
    rest.collect(known);
    return rest;
  }

  @Override
  public Set<Path> files() {
    Set<Path> files = new LinkedHashSet<>(base.files());
    files.addAll(parts.paths());
    return files;
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  /// The tensor. If an update was added to it, the values are fp32 whatever its nominal type is, so
  /// that no precision is lost.
  @Override
  public Tensor load(String name) {
    if (name.endsWith(SCALE)) {
      try (Scope scope = new Scope()) {
        float scale = (float) parts.updates().get(module(name, SCALE)).scale();
        return scope.keep(Tensors.ofFloats(new float[] {scale}, 1)); // [1]
      }
    }
    if (name.endsWith(DOWN) || name.endsWith(UP)) {
      LowRankUpdate update = parts.updates().get(module(name, name.endsWith(UP) ? UP : DOWN));
      return (name.endsWith(UP) ? update.up() : update.down()).load();
    }
    if (!computed.contains(name)) {
      return loadWhole(name);
    }
    try (Scope scope = new Scope()) {
      Tensor value = loadWhole(name); // as the base's
      return scope.keep(
          name.endsWith(".bias")
              ? withBias(module(name, ".bias"), value)
              : withUpdate(module(name, ".weight"), value));
    }
  }

  @Override
  public boolean isView(String name) {
    String stored = baseName(name);
    return !computed.contains(name)
        && !parts.whole().containsKey(name)
        && base.tensors().containsKey(stored)
        && base.isView(stored);
  }

  @Override
  public void release(String name) {
    if (parts.whole().containsKey(name) || !base.tensors().containsKey(baseName(name))) {
      return;
    }
    base.release(baseName(name));
  }

  @Override
  public void close() {
    CloseAll.of(parts, base);
  }

  private Tensor loadWhole(String name) {
    Stored whole = parts.whole().get(name);
    return whole != null ? whole.load() : base.load(baseName(name));
  }

  /// The initial value of an untied output head is the base's embedding table.
  private String baseName(String name) {
    return untied && name.equals(HEAD + ".weight") ? TABLE + ".weight" : name;
  }

  private Tensor withBias(String module, Tensor bias) {
    Tensor more = parts.biases().get(module).load().to(DType.F32.scalarType()); // [out]
    return bias.to(DType.F32.scalarType())
        .add(more.mul(new Scalar(parts.biasScale(module)))); // [out]
  }

  private Tensor withUpdate(String module, Tensor weight) {
    Tensor value = weight; // as the base's
    Stored rows = parts.rows().get(module);
    if (rows != null) {
      Tensor index =
          Tensors.ofIds(rowsOf(module).stream().mapToInt(Integer::intValue).toArray()); // [ids]
      Tensor learned = rows.load().to(DType.F32.scalarType()); // [ids, dim]
      value = value.to(DType.F32.scalarType()).index_copy(0, index, learned); // [vocab, dim]
    }
    LowRankUpdate update = parts.updates().get(module);
    return update == null || isBeside(module) ? value : update.addTo(value); // as the base's
  }

  /// Whether the model computes this update separately.
  private boolean isBeside(String module) {
    return !merged
        && parts.updates().get(module).kind() == Kind.LINEAR
        && (module.equals(HEAD) || module.startsWith("language_model."));
  }

  private List<Integer> rowsOf(String module) {
    return config
        .tokenRows()
        .getOrDefault(module.substring(module.lastIndexOf('.') + 1), List.of());
  }

  /// Checks that every part of the adapter fits the base.
  ///
  /// @param known all tensors of a model with this configuration
  private void collect(Set<String> known) {
    tensors.putAll(base.tensors());
    if (untied) {
      TensorInfo table = base.tensors().get(TABLE + ".weight");
      tensors.put(HEAD + ".weight", table.withName(HEAD + ".weight"));
    }
    parts.whole().forEach((name, stored) -> collectWhole(name, stored, known));
    parts.updates().forEach(this::collectUpdate);
    parts.rows().forEach(this::collectRows);
    parts
        .biases()
        .forEach((module, stored) -> {
          TensorInfo bias = tensors.get(module + ".bias");
          if (bias == null) {
            parts.problem(
                stored.info().name() + " (lora_bias) adds to the bias of a layer that has none");
          } else if (requireShape(stored, bias.shape())) {
            compute(bias);
          }
        });
  }

  private void collectWhole(String name, Stored stored, Set<String> known) {
    TensorInfo before = tensors.get(name);
    boolean vocabulary = name.equals(TABLE + ".weight") || name.equals(HEAD + ".weight");
    if (before == null && !known.contains(name)) {
      parts.problem(stored.info().name() + " is a tensor that the base model does not have");
    } else if (before == null
        || (vocabulary && stored.shape().size() == 2)
        || requireShape(stored, before.shape())) {
      tensors.put(name, stored.info().withName(name));
    }
  }

  private void collectUpdate(String module, LowRankUpdate update) {
    TensorInfo weight = tensors.get(module + ".weight");
    if (weight == null) {
      parts.problem(
          update.down().info().name()
              + " adapts "
              + module
              + ", which the base model does not have");
    } else if (!update.fits(weight.shape())) {
      parts.problem(
          update.down().info().name()
              + " has shape "
              + update.down().shape()
              + " and its lora_B "
              + update.up().shape()
              + " for a tensor of shape "
              + weight.shape());
    } else if (isBeside(module)) {
      tensors.put(module + DOWN, update.down().info().withName(module + DOWN));
      tensors.put(module + UP, update.up().info().withName(module + UP));
      tensors.put(
          module + SCALE,
          new TensorInfo(
              module + SCALE, DType.F32, "F32", List.of(1L), 4, update.down().info().file()));
    } else {
      compute(weight);
    }
  }

  private void collectRows(String module, Stored stored) {
    TensorInfo table = tensors.get(module + ".weight");
    List<Integer> ids = rowsOf(module);
    if (table == null || table.shape().size() != 2) {
      parts.problem(stored.info().name() + " is for a table that the base model does not have");
    } else if (ids.stream().anyMatch(id -> id >= table.shape().getFirst())) {
      parts.problem(
          "trainable_token_indices has " + ids + " for a table of " + table.shape() + " rows");
    } else if (requireShape(stored, List.of((long) ids.size(), table.shape().getLast()))) {
      compute(table);
    }
  }

  private boolean requireShape(Stored stored, List<Long> shape) {
    if (!stored.shape().equals(shape)) {
      parts.problem(stored.info().name() + " has shape " + stored.shape() + " instead of " + shape);
    }
    return stored.shape().equals(shape);
  }

  /// Records that the value of a tensor is a sum. If the adapter is merged, it has the base's type,
  /// as after merging in PEFT; otherwise it must not be rounded.
  private void compute(TensorInfo info) {
    computed.add(info.name());
    tensors.put(
        info.name(),
        new TensorInfo(
            info.name(),
            merged ? info.dtype() : DType.F32,
            info.storedAs() + "+LoRA",
            info.shape(),
            info.bytes(),
            info.file()));
  }

  /// Whether the adapter changes the embedding table or the output head of a base in which they are
  /// tied.
  private static boolean touchesTiedMatrix(AdapterParts parts) {
    return parts.updates().containsKey(TABLE)
        || parts.updates().containsKey(HEAD)
        || parts.whole().containsKey(TABLE + ".weight")
        || parts.whole().containsKey(HEAD + ".weight")
        || parts.rows().containsKey(HEAD);
  }

  private static String module(String name, String ending) {
    return name.substring(0, name.length() - ending.length());
  }
}
