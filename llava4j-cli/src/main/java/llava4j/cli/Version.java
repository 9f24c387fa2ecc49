package llava4j.cli;

import llava4j.io.OwnVersion;
import picocli.CommandLine.IVersionProvider;

/// The version of llava4j, and that of Java.
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "llava " + OwnVersion.read(),
      "Java "
          + Runtime.version()
          + ", "
          + System.getProperty("os.name")
          + " "
          + System.getProperty("os.arch")
    };
  }
}
