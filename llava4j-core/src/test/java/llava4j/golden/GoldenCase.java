package llava4j.golden;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.model.ImageRows;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.provider.Arguments;
import tools.jackson.databind.JsonNode;

/// One case of `forward/*/cases.json` with its tensors.
public record GoldenCase(String folder, JsonNode json, Map<String, GoldenTensor> tensors) {

  /// All cases of a folder such as `forward/hf`.
  public static List<GoldenCase> all(String folder) {
    List<GoldenCase> cases = new ArrayList<>();
    for (JsonNode json : Golden.json(folder + "/cases.json")) {
      String name = json.get("case").asString();
      cases.add(new GoldenCase(folder, json, Golden.tensors(folder + "/" + name + ".safetensors")));
    }
    return cases;
  }

  /// Model folders and the cases that they are compared with, for tests with parameters.
  public static List<Arguments> dialects() {
    Map<String, String> cases =
        Map.of(
            "hf", "forward/hf",
            "original", "forward/hf",
            "hf_gqa", "forward/hf_gqa",
            "lora", "forward/lora");
    return Golden.models("hf", "hf_gqa", "original", "lora").stream()
        .map(folder -> Arguments.of(folder, cases.get(folder)))
        .toList();
  }

  public String name() {
    return json.get("case").asString();
  }

  /// The images' normalised pixels, a black one of zeros for null. Each [1, 3, size, size]
  public List<Tensor> pixels() {
    String file = Golden.files("preprocess/pad_").getFirst();
    Map<String, GoldenTensor> images = Golden.tensors(file);
    List<Tensor> pixels = new ArrayList<>();
    for (JsonNode name : json.get("images")) {
      if (name.isNull()) {
        GoldenTensor any = images.values().iterator().next();
        pixels.add(torch.zeros(1, any.shape()[0], any.shape()[1], any.shape()[2]));
      } else {
        GoldenTensor image = images.get(name.asString());
        long[] shape = image.shape();
        pixels.add(Tensors.ofFloats(image.floats(), 1, shape[0], shape[1], shape[2]));
      }
    }
    return pixels;
  }

  /// Each row of the batch without its padding.
  public List<int[]> ids() {
    GoldenTensor ids = tensors.get("input_ids");
    GoldenTensor mask = tensors.get("attention_mask_in");
    int width = Math.toIntExact(ids.shape()[1]);
    List<int[]> rows = new ArrayList<>();
    for (int row = 0; row < ids.shape()[0]; row++) {
      long[] all = Arrays.copyOfRange(ids.longs(), row * width, (row + 1) * width);
      long[] kept = Arrays.copyOfRange(mask.longs(), row * width, (row + 1) * width);
      List<Integer> real = new ArrayList<>();
      for (int i = 0; i < width; i++) {
        if (kept[i] != 0) {
          real.add((int) all[i]);
        }
      }
      rows.add(real.stream().mapToInt(Integer::intValue).toArray());
    }
    return rows;
  }

  /// The spliced prompts, one per row of the batch. A row without a slot passes one image by, as
  /// the original does.
  public List<SplicedPrompt> prompts(LlavaModel model) {
    List<Tensor> pixels = pixels();
    List<SplicedPrompt> prompts = new ArrayList<>();
    int next = 0;
    for (int[] row : ids()) {
      long slots = Arrays.stream(row).filter(id -> id < 0).count();
      List<ImageRows> images = new ArrayList<>();
      for (int i = 0; i < slots; i++) {
        Tensor rows = model.encode(pixels.get(next)).squeeze(0); // [rows, dim]
        images.add(new ImageRows(rows, json.get("images").get(next).toString()));
        next++;
      }
      next += slots == 0 ? 1 : 0;
      prompts.add(model.splicer().splice(row, images));
    }
    return prompts;
  }
}
