package llava4j.checkpoint.adapter;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.checkpoint.weights.NameTable;

/// The meaning of one tensor of an adapter's files, determined from its name.
///
/// Known are the names of PEFT on the original LLaVA, on a bare language model and on transformers'
/// LLaVA 4.x and 5.x, with or without the adapter's own name (`lora_A.default.weight`).
///
/// @param module the module's name in the adapted model, as used in the configuration's patterns
/// @param part its role in the module
/// @param ours our name: of the module for a part of an update, of the tensor itself for a fully
///   trained tensor
record AdapterTensor(String module, Part part, String ours) {
  /// The role of a tensor in its module.
  enum Part {
    /// LoRA's A of a linear layer or a convolution.
    DOWN("\\.lora_A(\\.[^.]+)?\\.weight"),
    /// LoRA's B of the same.
    UP("\\.lora_B(\\.[^.]+)?\\.weight"),
    /// The update of the module's bias (`lora_bias`).
    UP_BIAS("\\.lora_B(\\.[^.]+)?\\.bias"),
    /// LoRA's A of an embedding table.
    TABLE_DOWN("\\.lora_embedding_A(\\.[^.]+)?"),
    /// LoRA's B of the same.
    TABLE_UP("\\.lora_embedding_B(\\.[^.]+)?"),
    /// Trained single rows of an embedding table.
    ROWS("\\.token_adapter\\.trainable_tokens_delta(\\.[^.]+)?"),
    /// A fully trained tensor that replaces that of the base.
    WHOLE("(?!)"); // everything else

    private final Pattern ending;

    Part(String ending) {
      this.ending = Pattern.compile("(.+?)" + ending);
    }
  }

  private static final List<String> WRAPPERS =
      List.of("module.", "_orig_mod.", "base_model.model.", "base_model.");

  /// Parses a stored name; empty for buffers, which are left out on purpose.
  static Optional<AdapterTensor> of(String stored) {
    String name = unwrapped(stored);
    for (Part part : Part.values()) {
      Matcher matcher = part.ending.matcher(name);
      if (matcher.matches()) {
        String module = matcher.group(1);
        return ours(module + ".weight")
            .map(ours ->
                new AdapterTensor(
                    module, part, ours.substring(0, ours.length() - ".weight".length())));
      }
    }
    String whole =
        name.replaceFirst("\\.modules_to_save(\\.[^.]+)?(\\.[^.]+)$", "$2")
            .replaceFirst("\\.base_layer(\\.[^.]+)$", "$1");
    return ours(whole)
        .map(ours -> new AdapterTensor(whole.replaceFirst("\\.[^.]+$", ""), Part.WHOLE, ours));
  }

  private static Optional<String> ours(String name) {
    return NameTable.ours(name.startsWith("model.model.") ? name.substring(6) : name);
  }

  private static String unwrapped(String stored) {
    String name = stored;
    boolean again = true;
    while (again) {
      again = false;
      for (String wrapper : WRAPPERS) {
        if (name.startsWith(wrapper)) {
          name = name.substring(wrapper.length());
          again = true;
        }
      }
    }
    return name;
  }
}
