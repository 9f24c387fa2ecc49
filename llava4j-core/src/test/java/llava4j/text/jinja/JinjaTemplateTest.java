package llava4j.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Prompts are those that transformers 5.17 makes of the same templates and conversations.
class JinjaTemplateTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final RenderLimits LIMITS =
      new RenderLimits(Duration.ofSeconds(2), 2_000_000, 1 << 20, 64);

  @Test
  void promptsEqualTransformers() {
    JsonNode conversations = JSON.readTree(resource("conversations.json"));
    int compared = 0;
    for (String line : resource("expected.jsonl").lines().toList()) {
      JsonNode expected = JSON.readTree(line);
      String source = resource(expected.get("template").asString() + ".jinja");
      requireEqual(expected, source, conversations);
      if (expected.has("error")) {
        assertThatThrownBy(() -> render(source, expected, conversations))
            .hasMessage(expected.get("error").asString());
      }
      compared++;
    }
    assertThat(compared).isEqualTo(60);
  }

  /// Templates of well-known models, and each feature of the language on its own.
  @Test
  void moreTemplatesEqualTransformers() {
    JsonNode more = JSON.readTree(resource("more.json"));
    for (JsonNode expected : more.get("expected")) {
      String source = more.get("templates").get(expected.get("template").asString()).asString();
      requireEqual(expected, source, more.get("conversations"));
    }
    assertThat(more.get("expected").size()).isGreaterThan(540);
  }

  @Test
  void timeIsWrittenAsPythonDoes() {
    LocalDateTime time = LocalDateTime.of(2024, 7, 6, 15, 4, 9);
    JinjaTemplate template =
        JinjaTemplate.parse(
            "{{ strftime_now('%d %b %Y|%A, %B %-d|%H:%M:%S %p %I|%j %y %m %%|%F %e') }}",
            LIMITS, () -> time);
    assertThat(template.render(Map.of()))
        .isEqualTo("06 Jul 2024|Saturday, July 6|15:04:09 PM 03|188 24 07 %|2024-07-06  6");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s=[1], t=[1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s == ns.t }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s | tojson }}",
        "{{ 'a' * 1000000000 }}",
        "{{ [0] * 1000000000 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'x'.center(2000000000) }}",
        "{{ ('a' * 1000000).replace('a', 'b' * 1000) }}",
        "{{ range(10000000000) }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ ''.join(range(100000) | map('string')) * 100 }}",
        "{% for a in 'x' recursive %}{{ loop('x') }}{% endfor %}",
      })
  void hostileTemplatesEndSoon(String source) {
    long start = System.nanoTime();
    assertThatThrownBy(
            () -> JinjaTemplate.parse(source, LIMITS, LocalDateTime::now).render(new HashMap<>()))
        .isInstanceOf(JinjaException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  /// Work that no single step shows: searches, patterns, hashes, copies.
  @ParameterizedTest
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  @ValueSource(
      strings = {
        "{{ ('a' * 500000 ~ 'b') in 'a' * 1000000 }}",
        "{{ ('a' * 1000000).find('a' * 500000 ~ 'b') }}",
        "{{ ('a' * 1000000).rindex('b' ~ 'a' * 500000) }}",
        "{{ ('a' * 1000000).count('a' * 500000 ~ 'b') }}",
        "{{ ('a' * 1000000).replace('a' * 500000 ~ 'b', 'c') }}",
        "{{ ('a' * 1000000).split('a' * 500000 ~ 'b') }}",
        "{{ ('a' * 1000000).partition('a' * 500000 ~ 'b') }}",
        "{{ ('1' * 1000000) | float }}",
        "{{ ('a' * 1000000).strip('b' * 500000 ~ 'a') }}",
        "{% set ns = namespace(t=(1, 1)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ {ns.t: 1} }}",
        "{% set ns = namespace(t=(1, 1), u=(1, 1)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% set ns.u = (ns.u, ns.u) %}{% endfor %}{{ {ns.t: 1}[ns.u] }}",
        "{% set ns = namespace(t=[1, 1]) %}{% for i in range(60) %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.t in {} }}",
        "{% set ns = namespace(t=[1, 1]) %}{% for i in range(60) %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ {1: 2}.get((1, ns.t)) }}",
        "{% set a = 'a' * 1000000 %}{{ [a ~ 'b'] * 1000000 == [a ~ 'b'] * 1000000 }}",
        "{{ strftime_now('%c' * 400000) }}",
        "{{ [[[[1]]]] | tojson(indent='a' * 1000000) }}",
      })
  void workWithinOneStepIsBounded(String source) {
    hostileTemplatesEndSoon(source);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x.strip()",
        "x.removeprefix(' ')",
        "x.partition('b')",
        "x.splitlines()",
        "l.copy()",
        "l | map('upper')",
        "d.copy()",
        "d.items()",
        "range(1) | slice(10000)",
      })
  void copiesAreCounted(String copy) {
    String source =
        "{% set x = ' ' ~ 'a' * 1000000 ~ 'b ' %}{% set l = [1] * 1000000 %}"
            + "{% set d = dict(range(10000) | batch(2)) %}{{ ["
            + (copy + ", ").repeat(10_000)
            + "] | length }}";
    if (copy.contains("map")) { // goes through the list itself
      assertThat(JinjaTemplate.parse(source).render(Map.of())).isEqualTo("10000");
    } else {
      hostileTemplatesEndSoon(source);
    }
  }

  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aLongTextIsNoNumber() {
    String source = "{{ ('1' * 1000000 ~ 'x') | float }} {{ ('1' * 1000000 ~ 'x') | int(7) }}";
    assertThat(JinjaTemplate.parse(source).render(Map.of())).isEqualTo("0.0 7");
  }

  @Test
  void longListsCanBeJoined() {
    String numbers =
        JinjaTemplate.parse("{{ range(30000) | join(',') }}", LIMITS, LocalDateTime::now)
            .render(Map.of());
    assertThat(numbers).hasSize(168_889).endsWith("29998,29999");
  }

  @Test
  void deepNestingIsRefused() {
    for (String deep :
        List.of(
            "{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}",
            "{{ " + "-".repeat(100_000) + "1 }}",
            "{{ " + "not ".repeat(100_000) + "1 }}",
            "{% if 1 %}".repeat(10_000),
            "{{ a" + ".b".repeat(200_000) + " }}",
            "{{ a" + "|trim".repeat(150_000) + " }}")) {
      assertThatThrownBy(() -> JinjaTemplate.parse(deep).render(Map.of()))
          .isInstanceOf(JinjaException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update({}) }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.getClass() }}",
        "{{ messages.stream() }}",
        "{{ raise_exception.call(1) }}",
      })
  void whatReachesOutIsRefused(String source) {
    assertThatThrownBy(() ->
            JinjaTemplate.parse(source).render(Map.of("messages", List.of(Map.of("role", "user")))))
        .isInstanceOf(JinjaException.class);
  }

  private static void requireEqual(JsonNode expected, String source, JsonNode conversations) {
    String what = expected.get("template") + " " + expected.get("conversation");
    if (expected.has("error")) {
      assertThatThrownBy(() -> render(source, expected, conversations))
          .as(what)
          .isInstanceOf(JinjaException.class);
    } else {
      assertThat(render(source, expected, conversations))
          .as(what)
          .isEqualTo(expected.get("text").asString());
    }
  }

  private static String render(String source, JsonNode expected, JsonNode conversations) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("messages", plain(conversations.get(expected.get("conversation").asString())));
    variables.put("tools", null);
    variables.put("documents", null);
    variables.put("add_generation_prompt", expected.get("add_generation_prompt").asBoolean());
    variables.put("bos_token", "<s>");
    variables.put("eos_token", "</s>");
    variables.put("unk_token", "<unk>");
    variables.put("pad_token", "<pad>");
    return JinjaTemplate.parse(source).render(variables);
  }

  private static Object plain(JsonNode node) {
    if (node.isString()) {
      return node.asString();
    }
    if (node.isArray()) {
      List<Object> items = new ArrayList<>();
      node.forEach(item -> items.add(plain(item)));
      return items;
    }
    if (!node.isObject()) {
      throw new AssertionError("messages hold texts, lists and maps, not " + node);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    node.properties().forEach(entry -> map.put(entry.getKey(), plain(entry.getValue())));
    return map;
  }

  private static String resource(String name) {
    try (InputStream stream =
        JinjaTemplateTest.class.getResourceAsStream("/cases/chat_templates/" + name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
