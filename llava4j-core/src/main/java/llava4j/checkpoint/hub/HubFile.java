package llava4j.checkpoint.hub;

import java.util.Optional;

/// One file of a repository at one commit.
///
/// @param path within the repository
/// @param size in bytes; -1 if the hub does not say
/// @param etag identifies the content: SHA-256 of large files, git's blob id of small ones; empty
///   if the hub does not say
/// @param sha256 of large files
record HubFile(String path, long size, String etag, Optional<String> sha256) {}
