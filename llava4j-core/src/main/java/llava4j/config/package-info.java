/// Validated records of hyperparameters, presets of the paper's models, and readers of both
/// dialects of `config.json`.
package llava4j.config;
