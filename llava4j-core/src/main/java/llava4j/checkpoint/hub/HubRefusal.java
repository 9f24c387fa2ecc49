package llava4j.checkpoint.hub;

import java.net.URI;
import llava4j.error.BadInputException;

/// An error response for which a retry is useless.
///
/// @param code the hub's `X-Error-Code`, or empty
/// @param what the requested file
record HubRefusal(int status, String code, URI uri, String what) {

  /// The message: what is refused, why, and what to do.
  BadInputException sentence(HubSettings settings) {
    return new BadInputException(
        switch (status) {
          case 401, 403 ->
              what + " needs permission (HTTP " + status + "): " + permission(settings);
          case 404, 410 -> absence(settings);
          default -> what + " cannot be downloaded: HTTP " + status + " from " + uri;
        });
  }

  private String permission(HubSettings settings) {
    if (settings.token().isEmpty()) {
      return "set HF_TOKEN to an access token of "
          + settings.endpoint()
          + ", if the model is private or has a licence to accept, or check owner and name";
    }
    return code.equals("GatedRepo")
        ? "accept the model's licence on its page at " + settings.endpoint()
        : "the token in HF_TOKEN is not accepted, or the model's licence was not agreed to on its"
            + " page";
  }

  private String absence(HubSettings settings) {
    String remedy =
        switch (code) {
          case "RepoNotFound" -> "there is no such repository; check owner and name";
          case "RevisionNotFound" ->
              "the repository has no such revision; name a branch, tag or commit after '@'";
          case "EntryNotFound" -> "the repository has no such file; name another revision";
          default -> "check owner, name and revision";
        };
    return what
        + " does not exist at "
        + settings.endpoint()
        + " (HTTP "
        + status
        + " for "
        + uri.getPath()
        + "); "
        + remedy;
  }
}
