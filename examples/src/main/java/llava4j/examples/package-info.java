/// Small programs that embed llava4j.
package llava4j.examples;
