/// What a run will need and learn, said before its first step, and the machine's own figures beside
/// it.
package llava4j.train.forecast;
