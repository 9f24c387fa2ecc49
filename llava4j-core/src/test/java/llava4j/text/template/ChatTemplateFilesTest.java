package llava4j.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The places and their order are transformers 5's.
class ChatTemplateFilesTest {
  @TempDir private Path folder;

  @Test
  void processorsComeBeforeTheTokenizer() throws IOException {
    assertThat(ChatTemplateFiles.find(folder)).isEmpty();
    write("tokenizer_config.json", "{\"chat_template\": \"of the tokenizer\"}");
    assertThat(ChatTemplateFiles.find(folder)).contains("of the tokenizer");
    write("chat_template.jinja", "{{ 'the file' }}\n");
    assertThat(ChatTemplateFiles.find(folder)).contains("{{ 'the file' }}\n");
    write("chat_template.json", "{\"chat_template\": \"of the legacy file\"}");
    assertThat(ChatTemplateFiles.find(folder)).contains("of the legacy file");
    write("processor_config.json", "{\"chat_template\": \"of the processor\"}");
    assertThat(ChatTemplateFiles.find(folder)).contains("of the processor");
  }

  @Test
  void namedTemplatesNeedADefault() throws IOException {
    write(
        "tokenizer_config.json",
        """
        {"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}
        """);
    assertThat(ChatTemplateFiles.find(folder)).contains("d");
    write(
        "processor_config.json",
        "{\"chat_template\": {\"default\": \"of a map\", \"rag\": \"r\"}}");
    assertThat(ChatTemplateFiles.find(folder)).contains("of a map");
    write(
        "processor_config.json", "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"r\"}]}");
    assertThatThrownBy(() -> ChatTemplateFiles.find(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("processor_config.json")
        .hasMessageContaining("[rag]")
        .hasMessageContaining("--template");
  }

  @Test
  void brokenFilesAreNamed() throws IOException {
    write("chat_template.json", "{\"chat_template\": ");
    assertThatThrownBy(() -> ChatTemplateFiles.find(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("chat_template.json");
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }
}
