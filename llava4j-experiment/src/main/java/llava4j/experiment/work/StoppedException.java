package llava4j.experiment.work;

/// The user asked to stop; everything that is finished is on disk.
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public StoppedException() {
    super("stopped");
  }
}
