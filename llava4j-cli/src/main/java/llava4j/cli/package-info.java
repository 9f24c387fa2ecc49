/// The command line. Each sub-command is one class, which parses its options, builds an options
/// record and makes one call. Nothing else may end the process.
package llava4j.cli;
