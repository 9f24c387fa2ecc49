/// The command line: one class per sub-command, which parses, builds an options record and makes
/// one call. Nothing else may end the process.
package llava4j.cli;
