package llava4j.config;

import llava4j.error.BadInputException;

/// The projector (connector) between vision tower and language model.
public sealed interface ProjectorConfig {

  /// One linear layer, as in the first LLaVA.
  record Linear() implements ProjectorConfig {
    @Override
    public String toString() {
      return "linear";
    }
  }

  /// `depth` linear layers with exact GELU between them; the paper uses 2.
  record Mlp(int depth) implements ProjectorConfig {
    public Mlp {
      Checks.positive("projector depth", depth);
    }

    @Override
    public String toString() {
      return "mlp" + depth + "x_gelu";
    }
  }

  /// Patch features are used unchanged; both widths must be equal.
  record Identity() implements ProjectorConfig {
    @Override
    public String toString() {
      return "identity";
    }
  }

  /// Reads LLaVA's `mm_projector_type`.
  static ProjectorConfig parse(String text) {
    if (text.equals("linear")) {
      return new Linear();
    }
    if (text.equals("identity")) {
      return new Identity();
    }
    if (text.matches("mlp\\d{1,2}x_gelu")) {
      return new Mlp(Integer.parseInt(text.substring("mlp".length(), text.indexOf('x'))));
    }
    throw new BadInputException(
        "config: mm_projector_type '"
            + text
            + "' is not supported; supported are linear, mlpNx_gelu and identity");
  }

  /// Number of linear layers.
  default int numLinears() {
    return switch (this) {
      case Linear _ -> 1;
      case Mlp mlp -> mlp.depth();
      case Identity _ -> 0;
    };
  }
}
