package llava4j.cli.option;

import java.io.PrintWriter;
import java.nio.file.Path;
import llava4j.checkpoint.hub.HubClient;
import llava4j.checkpoint.hub.HubReference;
import llava4j.checkpoint.hub.HubSettings;
import llava4j.cli.terminal.Progress;

/// Downloads models named `owner/name[@revision]`, with a progress bar.
public final class HubDownloads {
  private final boolean offline;
  private final PrintWriter err;

  public HubDownloads(boolean offline, PrintWriter err) {
    this.offline = offline;
    this.err = err;
  }

  /// The folder of a model in the hub's cache. Downloads the model if it is not there.
  public Path folderOf(String name) {
    HubReference reference = HubReference.parse(name);
    HubSettings settings = HubSettings.fromEnvironment(System.getenv());
    if (offline) {
      settings = settings.asOffline();
    }
    try (Progress progress = Progress.bytes("downloading " + reference.name())) {
      return new HubClient(settings)
          .fetch(reference, progress::update, note -> err.println("llava: " + note));
    }
  }
}
