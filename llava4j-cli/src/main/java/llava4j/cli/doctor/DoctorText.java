package llava4j.cli.doctor;

import java.io.PrintWriter;
import llava4j.cli.doctor.Examination.Result;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.cli.doctor.Finding.Good;
import llava4j.cli.doctor.Finding.NotRun;

/// The results as text: a line for each finding and the verdict.
final class DoctorText {
  private DoctorText() {}

  static void print(Examination examination, PrintWriter out) {
    for (Result result : examination.results()) {
      result.findings().forEach(finding -> print(result.name(), finding, out));
    }
    out.println("llava doctor: " + verdict(examination));
  }

  private static void print(String name, Finding finding, PrintWriter out) {
    switch (finding) {
      case Good good -> line(out, "ok", name, good.text());
      case Advice advice -> line(out, "advice", name, advice.text() + ": " + advice.remedy());
      case Fault fault -> line(out, "WRONG", name, fault.text() + ": " + fault.remedy());
      case NotRun not -> line(out, "not run", name, not.text());
    }
  }

  private static void line(PrintWriter out, String state, String name, String text) {
    out.printf("%-8s %-12s %s%n", state, name, text);
  }

  /// The last line, without the command's name.
  static String verdict(Examination examination) {
    long faults = examination.faults();
    long advices = examination.advices();
    if (faults > 0) {
      return faults + (faults == 1 ? " thing is" : " things are") + " wrong";
    }
    return advices == 0
        ? "all is well"
        : "llava works; " + advices + (advices == 1 ? " thing" : " things") + " could be better";
  }
}
