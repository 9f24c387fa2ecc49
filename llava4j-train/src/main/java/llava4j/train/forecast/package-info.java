/// Reports before the first step: memory estimate, trained and frozen parts; and measurements of
/// the machine.
package llava4j.train.forecast;
