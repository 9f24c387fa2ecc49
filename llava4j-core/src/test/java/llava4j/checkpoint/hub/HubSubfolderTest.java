package llava4j.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Folders inside a repository that its `config.json` names.
class HubSubfolderTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"clip", "./clip", "clip/"})
  void theTowersFolderComesAlong(String named) throws IOException {
    try (FakeHub hub = new FakeHub(folder)) {
      put(hub, "config.json", "{\"mm_vision_tower\": \"" + named + "\"}");
      put(hub, "pytorch_model.bin", "weights");
      put(hub, "chat_template.jinja", "template");
      put(hub, "additional_chat_templates/tools.jinja", "another");
      put(hub, "processor_config.json", "{}");
      put(hub, "generation_config.json", "{}");
      put(hub, "tokenizer.json", "{}");
      put(hub, "clip/config.json", "{}");
      put(hub, "clip/preprocessor_config.json", "{}");
      put(hub, "clip/pytorch_model.bin", "the tower");
      put(hub, "clip/flax_model.msgpack", "of no use");
      put(hub, "runs/events.out", "of no use");
      Path model = hub.fetch("team/tiny");
      for (String name : hub.files.keySet()) {
        boolean wanted = !name.contains("flax") && !name.startsWith("runs");
        assertThat(model.resolve(name).toFile().isFile()).as(name).isEqualTo(wanted);
      }
      assertThat(model.resolve("clip/pytorch_model.bin")).hasContent("the tower");
    }
  }

  @Test
  void aTowerElsewhereBringsNothing() {
    List<String> all = List.of("config.json", "clip/config.json", "clip/model.safetensors");
    for (String config :
        List.of(
            "{}",
            "{\"mm_vision_tower\": \"openai/clip-vit-large-patch14-336\"}",
            "{broken",
            "{\"mm_vision_tower\": \"\"}",
            "{\"mm_vision_tower\": \"..\"}")) {
      assertThat(FileSelection.towerFiles(all, config.getBytes(StandardCharsets.UTF_8)))
          .as(config)
          .isEmpty();
    }
  }

  private static void put(FakeHub hub, String name, String content) {
    hub.files.put(name, content.getBytes(StandardCharsets.UTF_8));
  }
}
