package llava4j.server.request;

import java.util.Optional;
import java.util.OptionalLong;

/// A request that is not answered. The message is one sentence for the client: what is wrong,
/// where, and what to do.
public final class Refusal extends RuntimeException {
  /// Why, with the status and the `type` of OpenAI's errors.
  public enum Reason {
    BAD_REQUEST(400, "invalid_request_error"),
    UNAUTHORIZED(401, "authentication_error"),
    FORBIDDEN(403, "permission_error"),
    NOT_FOUND(404, "not_found_error"),
    METHOD_NOT_ALLOWED(405, "invalid_request_error"),
    TOO_SLOW(408, "invalid_request_error"),
    TOO_LARGE(413, "invalid_request_error"),
    PATH_TOO_LONG(414, "invalid_request_error"),
    UNSUPPORTED_CODING(415, "invalid_request_error"),
    HEADERS_TOO_LARGE(431, "invalid_request_error"),
    BUSY(429, "rate_limit_error"),
    /// Nobody reads this one; it is for the log.
    CLIENT_GONE(499, "invalid_request_error"),
    BUG(500, "server_error"),
    UNAVAILABLE(503, "server_error"),
    DEADLINE(504, "server_error");

    private final int status;
    private final String type;

    Reason(int status, String type) {
      this.status = status;
      this.type = type;
    }

    /// The HTTP status.
    public int status() {
      return status;
    }

    /// OpenAI's `type`.
    public String type() {
      return type;
    }
  }

  private final Reason reason;
  private final String field;
  private final String code;
  private final long retrySeconds;

  private Refusal(
      Reason reason,
      String message,
      String field,
      String code,
      long retrySeconds,
      Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.field = field;
    this.code = code;
    this.retrySeconds = retrySeconds;
  }

  public static Refusal of(Reason reason, String message) {
    return new Refusal(reason, message, null, null, -1, null);
  }

  /// A field that cannot be used.
  public static Refusal badField(String field, String message) {
    return new Refusal(Reason.BAD_REQUEST, message, field, null, -1, null);
  }

  /// More images than the server takes.
  public static Refusal tooManyImages(String field, int most) {
    return badField(
        field,
        most == 0
            ? "this server takes no images; leave them out"
            : "a request can have " + most + " image(s) at most; leave some out");
  }

  /// A field that names what does not exist.
  public static Refusal notFound(String field, String message) {
    return new Refusal(Reason.NOT_FOUND, message, field, null, -1, null);
  }

  /// The client may come again after some seconds.
  public static Refusal later(Reason reason, String message, long seconds) {
    return new Refusal(reason, message, null, null, seconds, null);
  }

  /// What comes after the signal to stop.
  public static Refusal stopping() {
    return later(Reason.UNAVAILABLE, "the server is being stopped; ask another one", 1);
  }

  public Refusal withCode(String other) {
    return new Refusal(reason, getMessage(), field, other, retrySeconds, getCause());
  }

  /// Names the field, unless it is known already or the request as a whole is wrong.
  public Refusal inField(String other) {
    boolean needed = field == null && reason == Reason.BAD_REQUEST;
    return needed ? new Refusal(reason, getMessage(), other, code, retrySeconds, getCause()) : this;
  }

  public Refusal withCause(Throwable cause) {
    return new Refusal(reason, getMessage(), field, code, retrySeconds, cause);
  }

  public Reason reason() {
    return reason;
  }

  /// The name of the field that is wrong.
  public Optional<String> field() {
    return Optional.ofNullable(field);
  }

  /// OpenAI's `code`.
  public Optional<String> code() {
    return Optional.ofNullable(code);
  }

  /// After how many seconds the client may come again.
  public OptionalLong retrySeconds() {
    return retrySeconds < 0 ? OptionalLong.empty() : OptionalLong.of(retrySeconds);
  }
}
