/// The settings of a run: presets, validated records, and their JSON file.
package llava4j.train.config;
