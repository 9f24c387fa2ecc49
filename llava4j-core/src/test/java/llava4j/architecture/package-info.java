/// Rules that machines hold, for the tests of all modules.
package llava4j.architecture;
