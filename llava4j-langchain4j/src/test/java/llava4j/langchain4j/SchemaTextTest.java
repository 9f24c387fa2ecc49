package llava4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.model.chat.request.json.JsonAnyOfSchema;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonNullSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonReferenceSchema;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.List;
import java.util.Map;
import llava4j.constraint.Constraint;
import org.junit.jupiter.api.Test;

class SchemaTextTest {

  @Test
  void everyKindOfElementHasItsSchema() {
    JsonObjectSchema root =
        JsonObjectSchema.builder()
            .description("an animal")
            .addStringProperty("name", "its name")
            .addIntegerProperty("legs")
            .addBooleanProperty("tame")
            .addEnumProperty("size", List.of("small", "large"))
            .addProperty(
                "weight", any(new JsonNumberSchema.Builder().build(), new JsonNullSchema()))
            .addProperty("food", JsonArraySchema.builder().items(new JsonStringSchema()).build())
            .addProperty("raw", JsonRawSchema.from("{\"const\": 1}"))
            .addProperty("young", JsonReferenceSchema.builder().reference("animal").build())
            .required("name", "legs")
            .definitions(Map.of("animal", JsonObjectSchema.builder().build()))
            .build();
    String schema = SchemaText.of(root);

    assertThat(schema)
        .isEqualTo(
            """
            {"type":"object","properties":{"name":{"type":"string"},"legs":{"type":"integer"},\
            "tame":{"type":"boolean"},"size":{"type":"string","enum":["small","large"]},\
            "weight":{"anyOf":[{"type":"number"},{"type":"null"}]},\
            "food":{"type":"array","items":{"type":"string"}},"raw":{"const":1},\
            "young":{"$ref":"#/$defs/animal"}},"required":["name","legs"],\
            "additionalProperties":false,\
            "$defs":{"animal":{"type":"object","properties":{},"required":[]}}}\
            """);
    assertThat(Constraint.jsonSchema(schema).ignored()).isEmpty();
  }

  @Test
  void otherMembersAreAllowedWhereTheObjectSaysSo() {
    assertThat(
            SchemaText.of(
                JsonObjectSchema.builder()
                    .addStringProperty("name")
                    .additionalProperties(true)
                    .build()))
        .contains("\"additionalProperties\":true");
  }

  private static JsonAnyOfSchema any(
      dev.langchain4j.model.chat.request.json.JsonSchemaElement... elements) {
    return JsonAnyOfSchema.builder().anyOf(elements).build();
  }
}
