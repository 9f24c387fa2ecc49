package llava4j.cli.doctor;

import llava4j.cli.doctor.Examination.Result;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.cli.doctor.Finding.Good;
import llava4j.cli.doctor.Finding.NotRun;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The results as one JSON object.
final class DoctorJson {
  private DoctorJson() {}

  static String of(Examination examination) {
    JsonMapper json = new JsonMapper();
    ObjectNode root = json.createObjectNode();
    root.put("verdict", DoctorText.verdict(examination));
    root.put("faults", examination.faults());
    root.put("advices", examination.advices());
    ArrayNode checks = root.putArray("checks");
    for (Result result : examination.results()) {
      ObjectNode check = checks.addObject();
      check.put("name", result.name());
      check.put("seconds", result.seconds());
      ArrayNode findings = check.putArray("findings");
      result.findings().forEach(finding -> put(finding, findings.addObject()));
    }
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(root);
  }

  private static void put(Finding finding, ObjectNode node) {
    node.put(
        "state",
        switch (finding) {
          case Good _ -> "ok";
          case Advice _ -> "advice";
          case Fault _ -> "wrong";
          case NotRun _ -> "not_run";
        });
    node.put("text", finding.text());
    switch (finding) {
      case Good good -> {
        ObjectNode figures = node.putObject("figures");
        good.figures().forEach(figure -> figures.put(figure.name(), figure.value()));
      }
      case Advice advice -> node.put("remedy", advice.remedy());
      case Fault fault -> node.put("remedy", fault.remedy());
      case NotRun _ -> {}
    }
  }
}
