package llava4j.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import llava4j.checkpoint.NameTable;
import llava4j.checkpoint.RenamedSource;
import llava4j.checkpoint.SafetensorsFile;
import llava4j.config.ConfigNode;
import llava4j.config.ConfigReader;
import llava4j.config.LlavaConfig;
import llava4j.golden.Golden;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ForwardGoldenTest {
  @Test
  void hf() {
    Path folder = Golden.path("hf");
    LlavaConfig config = ConfigReader.huggingFace(ConfigNode.read(folder.resolve("config.json")));
    RenamedSource source =
        new RenamedSource()
            .add(SafetensorsFile.open(folder.resolve("model.safetensors")), NameTable::ours)
            .keepOnly(n -> !n.contains("post_layernorm") && !n.contains("encoder.layers.3."));
    try (LlavaModel model =
        LlavaModel.load(
            config, source, "hf", new Device.Cpu(), WeightFormat.AUTO, LoadProgress.NONE)) {
      Map<String, GoldenTensor> pixels = Golden.tensors("preprocess/pad_56.safetensors");
      for (JsonNode c : Golden.json("forward/hf/cases.json")) {
        String name = c.get("case").asString();
        if (name.startsWith("batch")) continue;
        Map<String, GoldenTensor> expected = Golden.tensors("forward/hf/" + name + ".safetensors");
        System.out.println(name + " " + expected.keySet());
        for (var e : expected.entrySet())
          System.out.println("   " + e.getKey() + Arrays.toString(e.getValue().shape()));
        try (Scope _ = new Scope()) {
          List<ImageRows> images = new ArrayList<>();
          for (JsonNode im : c.get("images")) {
            GoldenTensor p = pixels.get(im.asString());
            Tensor enc =
                model.encode(
                    Tensors.ofFloats(p.floats(), 1, p.shape()[0], p.shape()[1], p.shape()[2]));
            images.add(new ImageRows(enc.squeeze(0), im.asString()));
          }
          long[] in = expected.get("input_ids").longs();
          int[] ids = new int[in.length];
          for (int i = 0; i < in.length; i++) ids[i] = (int) in[i];
          SplicedPrompt prompt = model.splicer().splice(ids, images);
          KvCache cache = new KvCache(config.text(), model.device(), 1);
          Tensor logits =
              model
                  .languageModel()
                  .logits(model.languageModel().forward(prompt.embeddings(), cache));
          float[] all = Tensors.toFloats(logits);
          int vocab = config.text().vocab();
          long[] pos = expected.get("logit_positions").longs();
          float[] want = expected.get("logits").floats();
          double worst = 0;
          int wv = want.length / pos.length;
          for (int i = 0; i < pos.length; i++)
            for (int v = 0; v < wv; v++)
              worst = Math.max(worst, Math.abs(want[i * wv + v] - all[(int) pos[i] * vocab + v]));
          Golden.check("hf " + name, worst, 1e-3);
        }
      }
    }
  }
}
