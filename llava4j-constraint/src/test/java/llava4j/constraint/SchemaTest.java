package llava4j.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Random;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// JSON Schema: what each keyword lets through, and what is refused with which words.
class SchemaTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '|',
      value = {
        "true; [1, {'a': null}]; [1,]",
        "{'type':'integer'}; -12; 1.5",
        "{'type':['string','null']}; null; 1",
        "{'enum':['a', 1, {'k': [true]}]}; {'k': [true]}; {'k': [false]}",
        "{'const': 1.50}; 1.5; 1.51",
        "{'type':'string','minLength':2,'maxLength':3}; 'a\uD83D\uDE00'; '\uD83D\uDE00'",
        "{'type':'string','maxLength':1}; '\uD83D\uDE00'; 'ab'",
        "{'type':'string','pattern':'b'}; 'abc'; 'ac'",
        "{'type':'string','pattern':'^b$'}; 'b'; 'bb'",
        "{'type':'string','format':'date'}; '2024-02-29'; '2023-02-29'",
        "{'type':'string','format':'date-time'}; '2024-01-31T23:59:59Z'; '2024-01-31 23:59:59Z'",
        "{'type':'string','format':'ipv4'}; '192.168.0.255'; '192.168.0.256'",
        "{'type':'string','format':'ipv6'}; '1::2:3'; '1::2::3'",
        "{'type':'string','format':'ipv6'}; '::ffff:1.2.3.4'; '1:2:3:4:5:6:7'",
        "{'type':'string','format':'uuid'}; '123e4567-e89b-12d3-a456-426614174000'; '123e4567'",
        "{'type':'string','format':'email'}; 'a.b@c.org'; 'a.b'",
        "{'type':'string','format':'uri'}; 'https://a.org/b?c#d'; '/b'",
        "{'type':'string','format':'duration'}; 'P1DT2H'; 'P'",
        "{'type':'number','minimum':-1.5,'exclusiveMaximum':2}; -1.50; 2.0",
        "{'type':'integer','minimum':10,'maximum':20}; 17; 21",
        "{'type':'number','multipleOf':0.25}; -7.75; 0.3",
        "{'type':'integer','multipleOf':7}; 4900; 4901",
        "{'type':'array','items':{'type':'null'},'minItems':1,'maxItems':2}; [null]; []",
        "{'type':'array','prefixItems':[{'type':'null'}],'items':false}; [null]; [null,1]",
        "{'type':'array','items':[{'type':'null'}],'additionalItems':false}; []; [null,1]",
        "{'type':'array','contains':{'const':1},'items':{'type':'integer'}}; [2,1,3]; [2,3]",
        "{'type':'array','contains':{'const':1},'maxContains':1}; [1,2]; [1,1]",
        "{'type':'object','required':['b']}; {'b': 1}; {'a': 1}",
        "{'type':'object','properties':{'a':{'type':'null'}}}; {'b': 1}; {'a': 1}",
        "{'type':'object','properties':{'a':true},'additionalProperties':false}; {'a': 1}; {'b': 1}",
        "{'type':'object','properties':{'a':true},'additionalProperties':{'type':'null'}}; {'b': null}; {'b': 1}",
        "{'type':'object','properties':{'a':true},'additionalProperties':{'type':'null'}}; {'a': 1}; {'\\u0061': 1}",
        "{'type':'object','patternProperties':{'^x':{'type':'null'}}}; {'y': 1}; {'x1': 1}",
        "{'type':'object','patternProperties':{'^x':true},'additionalProperties':false}; {'x': 1}; {'y': 1}",
        "{'type':'object','propertyNames':{'maxLength':2}}; {'ab': 1}; {'abc': 1}",
        "{'type':'object','minProperties':1}; {'a': 1}; {}",
        "{'type':'object','maxProperties':1}; {'a': 1}; {'a': 1, 'b': 2}",
        "{'type':'object','dependentRequired':{'a':['b']}}; {'b': 1}; {'a': 1}",
        "{'type':'object','dependentSchemas':{'a':{'required':['b']}}}; {'a': 1, 'b': 1}; {'a': 1}",
        "{'anyOf':[{'type':'null'},{'type':'string'}]}; 'x'; 1",
        "{'oneOf':[{'type':'integer'},{'minimum':2}],'type':'number'}; 2.5; 3",
        "{'oneOf':[{'required':['a']},{'required':['b']}],'type':'object'}; {'b': 1}; {'a': 1, 'b': 1}",
        "{'allOf':[{'required':['a']},{'properties':{'a':{'type':'null'}}}],'type':'object'}; {'a': null}; {'a': 1}",
        "{'not':{'type':'string'}}; 1; 'a'",
        "{'type':'string','not':{'pattern':'a'}}; 'b'; 'ba'",
        "{'type':'object','not':{'required':['a']}}; {'b': 1}; {'a': 1}",
        "{'type':'object','not':{'properties':{'a':{'const':1}},'required':['a']}}; {'a': 2}; {'a': 1}",
        "{'type':'array','not':{'items':{'type':'null'}}}; [null,1]; [null]",
        "{'type':'object','not':{'additionalProperties':{'type':'null'}}}; {'a': 1}; {'a': null}",
        "{'type':'object','if':{'properties':{'a':{'const':1}},'required':['a']},'then':{'required':['b']}}; {'a': 2}; {'a': 1}",
        "{'$ref':'#/$defs/x~1y','$defs':{'x/y':{'type':'null'}}}; null; 1",
        "{'$defs':{'n':{'$anchor':'here','type':'null'}},'$ref':'#here'}; null; 1",
        "{'$id':'http://a.b/c','$defs':{'n':{'$id':'d','type':'null'}},'$ref':'d'}; null; 1",
        "{'type':'object','properties':{'n':{'$ref':'#'}},'additionalProperties':false}; {'n': {'n': {}}}; {'n': {'n': 1}}",
        "{'minimum':5}; 'text'; 4",
        "{'$schema':'http://json-schema.org/draft-04/schema#','type':'integer','minimum':1,'exclusiveMinimum':true}; 2; 1",
        "{'type':'string'}; 'a\\n\\\\\\u20ac'; '\\x'",
        "{'type':'object','properties':{'a':{'type':'integer'},'b':true}}; {'a': 1, 'b': 2}; {'b': 2, 'a': 1}"
      })
  void rightAndWrong(String schema, String right, String wrong) {
    Constraint constraint = Constraint.jsonSchema(quoted(schema));
    assertThat(Vocabulary.allows(constraint, quoted(right)))
        .as("%s allows %s", schema, right)
        .isTrue();
    assertThat(Vocabulary.allows(constraint, quoted(wrong)))
        .as("%s allows %s", schema, wrong)
        .isFalse();
  }

  private static String quoted(String json) {
    return json.replace('\'', '"');
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '|',
      value = {
        "{'type':'array','uniqueItems':true}; 'uniqueItems' at # of",
        "{'properties':{'a/b':{'unevaluatedProperties':false}}}; 'unevaluatedProperties' at #/properties/a~1b of",
        "{'items':{'$dynamicRef':'#x'}}; '$dynamicRef' at #/items of",
        "{'$ref':'http://elsewhere/x'}; '$ref' at # of the schema refers to 'http://elsewhere/x'",
        "{'properties':{'a':{'$ref':'#/nowhere'}}}; '$ref' at #/properties/a",
        "{'type':'text'}; 'type' at # of the schema is 'text'",
        "{'minLength':-1}; 'minLength' at # of the schema must be a whole number",
        "{'pattern':'('}; 'pattern' at # of the schema: the regular expression '('",
        "{'pattern':1}; 'pattern' at # of the schema must be a text",
        "{'format':'iri'}; 'format' at # of the schema is 'iri', which is not supported",
        "{'required':'a'}; 'required' at # of the schema must be a list of texts",
        "{'properties':[]}; 'properties' at # of the schema must be an object",
        "{'properties':{'a':1}}; 'properties' at # of the schema must hold a schema",
        "{'multipleOf':0}; 'multipleOf' at # of the schema must be above 0",
        "{'enum':1}; 'enum' at # of the schema must be a list",
        "{'anyOf':{}}; no value fulfils",
        "{'anyOf':[1]}; 'anyOf' at # of the schema must be a list of schemas",
        "{'not':{'format':'date'},'type':'string'}; 'format' at #/not of the schema would have to be missed",
        "{'allOf':[{'type':'string'},{'type':'null'}]}; no value fulfils the schema",
        "{'type':'object','minProperties':3}; 'minProperties' of the schema",
        "{'$defs':{'a':{'anyOf':[{'$ref':'#/$defs/a'},{'type':'null'}]}},'$ref':'#/$defs/a'}; leads back to itself",
        "{; not JSON",
        "{'a':1,'a':2}; not JSON",
        "1; neither a JSON object nor true or false"
      })
  void mistakesAreNamedWithTheirPlace(String schema, String message) {
    assertThatThrownBy(() -> Constraint.jsonSchema(quoted(schema)))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining(message);
  }

  @Test
  void whatHasNoEffectIsListed() {
    Constraint constraint =
        Constraint.jsonSchema(
            quoted(
                "{'title':'T','properties':{'a':{'type':'string','format':'colour','minLenght':3}},'x-y':1}"));
    assertThat(constraint.ignored())
        .containsExactly("#/properties/a/format", "#/properties/a/minLenght", "#/x-y");
    Constraint old =
        Constraint.jsonSchema(
            quoted(
                "{'$schema':'http://json-schema.org/draft-07/schema#','definitions':{'n':{'type':'string'}},"
                    + "'properties':{'a':{'$ref':'#/definitions/n','maxLength':1}}}"));
    assertThat(old.ignored()).containsExactly("#/properties/a/maxLength");
    assertThat(Vocabulary.allows(old, quoted("{'a':'abc'}"))).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '|',
      value = {
        "{'a':[1,2],'b':{}}",
        "{'a': [1, 2], 'b': {}}",
        " {'a':[1,2],'b':{}}",
        "{\\n  'a': [\\n    1,\\n    2\\n  ],\\n  'b': {}\\n}",
        "{\\r\\n\\t'a': [ 1, 2 ],\\r\\n\\t'b': { }\\r\\n}"
      })
  void whiteSpaceOfUsualWriters(String text) {
    String json = quoted(text).replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
    assertThat(Vocabulary.allows(Constraint.jsonObject(), json)).isTrue();
    assertThat(Vocabulary.allows(Constraint.jsonObject(), json + " ")).isFalse();
    assertThat(Vocabulary.allows(Constraint.jsonObject(), json.replace(":", ":   "))).isFalse();
  }

  @Test
  void anyOrderOfMembers() {
    String schema =
        quoted(
            "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'null'}},'required':['b'],"
                + "'additionalProperties':{'type':'boolean'}}");
    Constraint constraint = Constraint.jsonSchema(schema, KeyOrder.ANY, Limits.defaults());
    assertThat(Vocabulary.allows(constraint, quoted("{'x':true,'b':null,'a':1}"))).isTrue();
    assertThat(Vocabulary.allows(constraint, quoted("{'x':true,'a':1}"))).isFalse();
    assertThat(Vocabulary.allows(constraint, quoted("{'b':null,'a':1,'b':null}"))).isFalse();
  }

  @Test
  void boundsAreThoseOfNumbers() {
    Random random = new Random(11);
    for (int i = 0; i < 400; i++) {
      BigDecimal bound = number(random);
      String keyword =
          new String[] {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}[i % 4];
      Constraint constraint =
          Constraint.jsonSchema("{\"type\":\"number\",\"" + keyword + "\":" + bound + "}");
      for (int j = 0; j < 20; j++) {
        BigDecimal value = j == 0 ? bound : number(random);
        int order = value.compareTo(bound);
        boolean right =
            switch (i % 4) {
              case 0 -> order >= 0;
              case 1 -> order <= 0;
              case 2 -> order > 0;
              default -> order < 0;
            };
        assertThat(Vocabulary.allows(constraint, value.toPlainString()))
            .as("%s %s: %s", keyword, bound, value)
            .isEqualTo(right);
      }
    }
  }

  private static BigDecimal number(Random random) {
    int digits = random.nextInt(5);
    return BigDecimal.valueOf(random.nextInt(2000) - 1000, random.nextInt(4))
        .multiply(BigDecimal.TEN.pow(digits % 3));
  }
}
