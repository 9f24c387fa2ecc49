package llava4j.checkpoint.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Which files of a repository a model needs: one form of the weights, and the small files around
/// them.
public final class FileSelection {
  private static final Set<String> SMALL =
      Set.of(
          "config.json",
          "generation_config.json",
          "preprocessor_config.json",
          "processor_config.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "tokenizer.json",
          "tokenizer.model",
          "chat_template.json",
          "chat_template.jinja",
          "adapter_config.json",
          "non_lora_trainables.bin",
          "mm_projector.bin",
          "README.md");

  private FileSelection() {}

  /// The files to fetch, out of all of a repository. Safetensors are taken before torch files,
  /// whole models before GGUF; folders (other frameworks, training states) are left out.
  public static List<String> needed(List<String> all) {
    List<String> files = new ArrayList<>(all.stream().filter(SMALL::contains).toList());
    List<String> safetensors =
        matching(all, "(model|adapter_model)(-\\d+-of-\\d+)?\\.safetensors(\\.index\\.json)?");
    List<String> torch =
        matching(all, "(pytorch_model|adapter_model)(-\\d+-of-\\d+)?\\.bin(\\.index\\.json)?");
    if (!safetensors.isEmpty()) {
      files.addAll(safetensors);
    } else if (!torch.isEmpty()) {
      files.addAll(torch);
    } else {
      files.addAll(gguf(all));
    }
    return files;
  }

  /// The mmproj files and one language model: the only one, else the smallest kind that answers
  /// well, Q4_K_M first.
  private static List<String> gguf(List<String> all) {
    List<String> chosen =
        new ArrayList<>(matching(all, "(?i).*mmproj.*\\.gguf").stream().limit(1).toList());
    List<String> models =
        matching(all, "(?i).*\\.gguf").stream()
            .filter(name -> !name.toLowerCase(java.util.Locale.ROOT).contains("mmproj"))
            .toList();
    for (String kind : List.of("q4_k_m", "q4_k", "q8_0", "f16", "")) {
      List<String> found =
          models.stream()
              .filter(name -> name.toLowerCase(java.util.Locale.ROOT).contains(kind))
              .limit(1)
              .toList();
      if (!found.isEmpty()) {
        chosen.addAll(found);
        break;
      }
    }
    return chosen;
  }

  private static List<String> matching(List<String> all, String pattern) {
    return all.stream().filter(name -> !name.contains("/") && name.matches(pattern)).toList();
  }
}
