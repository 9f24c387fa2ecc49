/// Errors that a user can mend.
package llava4j.error;
