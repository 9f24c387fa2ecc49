package llava4j.checkpoint.weights;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.config.ProjectorConfig;

/// Maps between the tensor names of the known checkpoint layouts and ours (see [ParameterTable]).
///
/// It supports the names of the original LLaVA and four naming schemes of transformers. They differ
/// in the same few prefixes, so one set of rules is sufficient.
public final class NameTable {
  private static final Pattern HF_PROJECTOR =
      Pattern.compile("multi_modal_projector\\.linear_(\\d{1,9})\\.(weight|bias)");

  private NameTable() {}

  /// Our name for a stored name; empty for tensors that are not part of a LLaVA model and are left
  /// out on purpose (rotary buffers, position ids, CLIP's text encoder and head).
  public static Optional<String> ours(String stored) {
    if (stored.endsWith(".inv_freq") || stored.endsWith(".position_ids")) {
      return Optional.empty();
    }
    String name = stored.startsWith("model.") ? stored.substring("model.".length()) : stored;
    if (name.startsWith("vision_tower.vision_tower.")) {
      name = name.substring("vision_tower.".length());
    }
    if (name.startsWith("vision_tower.")) {
      return vision(name.substring("vision_tower.".length()));
    }
    Matcher projector = HF_PROJECTOR.matcher(name);
    if (projector.matches()) {
      return Optional.of(
          "projector." + 2 * (Integer.parseInt(projector.group(1)) - 1) + "." + projector.group(2));
    }
    if (name.startsWith("mm_projector.")) {
      return Optional.of(originalProjector(name.substring("mm_projector.".length())));
    }
    if (name.equals("language_model.lm_head.weight")) {
      return Optional.of("lm_head.weight");
    }
    if (name.startsWith("language_model.model.")) {
      return Optional.of("language_model." + name.substring("language_model.model.".length()));
    }
    if (name.startsWith("embed_tokens.")
        || name.startsWith("layers.")
        || name.equals("norm.weight")) {
      return Optional.of("language_model." + name);
    }
    return Optional.of(
        name); // language_model.*, lm_head.weight, image_newline, and unexpected names
  }

  /// Our name for a tensor of a separate CLIP checkpoint; empty for its text encoder.
  public static Optional<String> oursOfClip(String stored) {
    if (stored.endsWith(".position_ids")
        || stored.startsWith("text_model.")
        || stored.equals("logit_scale")
        || stored.startsWith("text_projection.")
        || stored.startsWith("visual_projection.")) {
      return Optional.empty();
    }
    return vision(stored);
  }

  /// Our name for a tensor of a projector file. Everything before `mm_projector.` is ignored, as in
  /// the original training code.
  public static Optional<String> oursOfProjector(String stored) {
    int start = stored.indexOf("mm_projector.");
    if (start >= 0) {
      return Optional.of(originalProjector(stored.substring(start + "mm_projector.".length())));
    }
    return ours(stored);
  }

  /// The name in Hugging Face hub files (transformers 4.x).
  public static String huggingFace(String ours) {
    if (ours.startsWith("projector.")) {
      List<String> parts = List.of(ours.split("\\.", 3));
      return "multi_modal_projector.linear_"
          + (Integer.parseInt(parts.get(1)) / 2 + 1)
          + "."
          + parts.get(2);
    }
    if (ours.startsWith("language_model.")) {
      return "language_model.model." + ours.substring("language_model.".length());
    }
    return ours.equals("lm_head.weight") ? "language_model.lm_head.weight" : ours;
  }

  /// The name of a tensor or module in transformers 5.x (4.52 to 4.57 have one more level in the
  /// vision tower and the same names elsewhere).
  public static String transformers(String ours) {
    if (ours.startsWith("projector.")) {
      List<String> parts = List.of(ours.split("\\.", 3));
      return "model.multi_modal_projector.linear_"
          + (Integer.parseInt(parts.get(1)) / 2 + 1)
          + (parts.size() > 2 ? "." + parts.get(2) : "");
    }
    if (ours.startsWith("vision_tower.vision_model.")) {
      return "model.vision_tower." + ours.substring("vision_tower.vision_model.".length());
    }
    return ours.startsWith("lm_head") ? ours : "model." + ours;
  }

  /// The name in the original code, in which a projector with one linear layer has no number.
  public static String original(String ours, ProjectorConfig projector) {
    if (ours.startsWith("projector.")) {
      String rest = ours.substring("projector.".length());
      boolean linear = projector instanceof ProjectorConfig.Linear;
      return "model.mm_projector." + (linear ? rest.substring("0.".length()) : rest);
    }
    if (ours.startsWith("language_model.")) {
      return "model." + ours.substring("language_model.".length());
    }
    if (ours.startsWith("vision_tower.")) {
      return "model.vision_tower." + ours;
    }
    return ours.equals("image_newline") ? "model.image_newline" : ours;
  }

  private static Optional<String> vision(String rest) {
    String inner =
        rest.startsWith("vision_model.") ? rest.substring("vision_model.".length()) : rest;
    return Optional.of("vision_tower.vision_model." + inner);
  }

  private static String originalProjector(String rest) {
    return rest.equals("weight") || rest.equals("bias")
        ? "projector.0." + rest
        : "projector." + rest;
  }
}
