package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import llava4j.checkpoint.Checkpoint;
import llava4j.golden.Golden;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.model.ModelUnits;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.UnitLayout.Slot;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.JsonNode;

/// Compares the results of a run with those of the reference, with the tolerances of the manifest.
final class GoldenOutcome {
  private final JsonNode expected;
  private final String run;
  private final Map<String, GoldenTensor> wholes;
  private int compared;

  GoldenOutcome(String run) {
    this.run = run;
    this.expected = GoldenTraining.expected(run);
    String file = "training/" + run + "_final.safetensors";
    boolean there = Golden.json("MANIFEST.json").get("files").has(file);
    this.wholes = there ? Golden.tensors(file) : Map.of();
  }

  void checkStep(int step, Learner.Outcome outcome) {
    JsonNode log = expected.get("log").get(step);
    String where = run + " step " + step + ": ";
    assertThat(outcome.loss())
        .as(where + "loss")
        .isCloseTo(log.get("loss").asDouble(), within(1e-4));
    double norm = log.get("grad_norm").asDouble();
    assertThat(outcome.gradNorm()).as(where + "norm").isCloseTo(norm, within(1e-3 * norm));
    double rate = log.get("lr").asDouble();
    assertThat(outcome.learningRate()).as(where + "rate").isCloseTo(rate, within(1e-9 * rate));
    double projector = log.get("projector_lr").asDouble();
    assertThat(outcome.projectorLearningRate())
        .as(where + "projector rate")
        .isCloseTo(projector, within(1e-9 * projector));
  }

  /// Compares for every trained tensor its change, its sum and some of its values; whole tensors if
  /// the reference contains them.
  void checkFinal(ModelUnits units, Checkpoint base, Map<String, GoldenTensor> start) {
    int checked = 0;
    for (ParameterUnit unit : units.trainable()) {
      try (Scope _ = new Scope();
          ParameterUnit.Gathered gathered = unit.gather().await()) {
        Map<String, Tensor> parameters = gathered.parameters();
        for (Slot slot : unit.layout().slots()) {
          float[] values = Tensors.toFloats(parameters.get(slot.name()));
          check(slot.name(), values, before(slot, base, start));
          checked++;
        }
      }
    }
    assertThat(checked).as("trained tensors").isEqualTo(expected.get("final").size());
    assertThat(compared).as("whole tensors").isEqualTo(wholes.size());
  }

  private void check(String ours, float[] values, float[] before) {
    String name = original(ours);
    JsonNode tensor = expected.get("final").get(name);
    assertThat(tensor).as("reference of " + name).isNotNull();
    double change = 0;
    for (int i = 0; i < values.length; i++) {
      change += Math.pow(values[i] - before[i], 2);
    }
    double noise = Math.max(1e-2, 10 * tensor.get("delta_noise_relative").asDouble());
    double wanted = tensor.get("delta_norm").asDouble();
    assertThat(Math.sqrt(change)).as(name + ": change").isCloseTo(wanted, within(noise * wanted));
    JsonNode settings = expected.get("settings");
    double rate =
        name.contains("mm_projector") && !settings.get("projector_lr").isNull()
            ? settings.get("projector_lr").asDouble()
            : settings.get("lr").asDouble();
    double single = 0.2 * rate * settings.get("steps").asInt();
    for (int i = 0; i < tensor.get("at").size(); i++) {
      assertThat((double) values[tensor.get("at").get(i).asInt()])
          .as(name + "[" + tensor.get("at").get(i) + "]")
          .isCloseTo(tensor.get("values").get(i).asDouble(), within(single));
    }
    checkWhole(name, values, before);
  }

  private void checkWhole(String name, float[] values, float[] before) {
    GoldenTensor whole = wholes.get(name);
    if (whole == null) {
      return; // of this one the reference kept some numbers only
    }
    compared++;
    double distance = 0;
    double norm = 0;
    for (int i = 0; i < values.length; i++) {
      distance += Math.pow(values[i] - whole.floats()[i], 2);
      norm += Math.pow(whole.floats()[i] - before[i], 2);
    }
    assertThat(Math.sqrt(distance)).as(name + ": distance").isLessThan(1e-2 * Math.sqrt(norm));
  }

  private static float[] before(Slot slot, Checkpoint base, Map<String, GoldenTensor> start) {
    GoldenTensor given = start.get(original(slot.name()));
    if (given != null) {
      return given.floats();
    }
    if (slot.name().endsWith(".lora_B.weight")) {
      return new float[Math.toIntExact(slot.elements())];
    }
    return Tensors.toFloats(base.weights().load(slot.name()));
  }

  /// The name of a tensor in the reference.
  static String original(String ours) {
    return ours.replace("projector.", "model.mm_projector.")
        .replace("language_model.", "model.")
        .replace(".lora_A.weight", ".lora_A")
        .replace(".lora_B.weight", ".lora_B");
  }
}
