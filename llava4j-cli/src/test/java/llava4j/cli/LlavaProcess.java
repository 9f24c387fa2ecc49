package llava4j.cli;

import java.util.ArrayList;
import java.util.List;

/// `llava` in a process of its own, with the tests' Java and class path.
public final class LlavaProcess {
  private LlavaProcess() {}

  /// The command line.
  ///
  /// @param java further options of Java
  public static List<String> command(List<String> java, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.add("--add-modules=jdk.incubator.vector");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(java);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    return command;
  }
}
