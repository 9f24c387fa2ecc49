/// Checks a file of samples before training: finds every problem and counts them by kind.
package llava4j.data.check;
