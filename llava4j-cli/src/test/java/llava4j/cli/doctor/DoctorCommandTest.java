package llava4j.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llava4j.cli.Main;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.cli.doctor.Finding.NotRun;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DoctorCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /// Here the kernels are right, and everything that is examined has a name and a state.
  @Test
  void thisMachineHasNoFaultAndTheJsonSaysSo() {
    int code =
        Main.execute(
            Main.commandLine(new PrintWriter(out), new PrintWriter(err)), "doctor", "--json");

    JsonNode root = new JsonMapper().readTree(out.toString());
    assertThat(root.get("faults").asInt()).as(out.toString()).isZero();
    assertThat(code).isZero();
    Set<String> names = new HashSet<>();
    for (JsonNode check : root.get("checks")) {
      names.add(check.get("name").asString());
      for (JsonNode finding : check.get("findings")) {
        assertThat(finding.get("state").asString()).isIn("ok", "advice", "not_run");
        assertThat(finding.get("text").asString()).isNotBlank();
      }
    }
    assertThat(names)
        .containsExactlyInAnyOrder(
            "java",
            "environment",
            "threads",
            "memory",
            "disk",
            "natives",
            "devices",
            "speed",
            "attention",
            "kernels",
            "model");
    assertThat(out.toString()).contains("gigabytes_per_second", "\"GFLOP_per_second\"");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void aFaultIsOneLineWithWhatToDoAndInTheVerdict() {
    Examination examination =
        Examination.of(
            List.of(
                check("first", new Fault("the disk is full", "make room")),
                check("second", Finding.good("all there"), new NotRun("no GPU")),
                check("third", new Advice("it is slow", "be patient"))));

    DoctorText.print(examination, new PrintWriter(out, true));

    assertThat(out.toString().lines())
        .containsExactly(
            "WRONG    first        the disk is full: make room",
            "ok       second       all there",
            "not run  second       no GPU",
            "advice   third        it is slow: be patient",
            "llava doctor: 1 thing is wrong");
  }

  @Test
  void adviceIsNoFault() {
    Examination examination =
        Examination.of(List.of(check("one", new Advice("it is slow", "be patient"))));

    assertThat(examination.faults()).isZero();
    assertThat(DoctorText.verdict(examination)).isEqualTo("llava works; 1 thing could be better");
  }

  /// A library that cannot be loaded is an error of the class that wants it.
  @Test
  void whatACheckThrowsIsAFaultAndTheOthersRun() {
    Check broken =
        new LateCheck(
            "broken",
            () -> {
              throw new ExceptionInInitializerError(new UnsatisfiedLinkError("no libtorch.so"));
            });
    Check refused =
        new LateCheck(
            "refused",
            () -> {
              throw new BadInputException("HF_ENDPOINT is 'x'; it must be an address");
            });

    Examination examination =
        Examination.of(List.of(broken, refused, check("last", Finding.good("fine"))));

    assertThat(examination.faults()).isEqualTo(2);
    assertThat(examination.results().get(0).findings().getFirst().text())
        .contains("no libtorch.so")
        .doesNotContain("\n");
    assertThat(examination.results().get(1).findings().getFirst().text()).contains("HF_ENDPOINT");
    assertThat(examination.results().get(2).findings()).containsExactly(Finding.good("fine"));
  }

  private static Check check(String name, Finding... findings) {
    return new Check() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public List<Finding> run() {
        return List.of(findings);
      }
    };
  }
}
