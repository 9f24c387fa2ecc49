package llava4j.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `llava convert`
@Command(name = "convert", description = "x", mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return 0;
  }
}
