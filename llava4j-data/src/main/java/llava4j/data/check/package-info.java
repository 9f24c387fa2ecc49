/// What is wrong with a file of samples before a run finds out: every problem, counted by kind.
package llava4j.data.check;
