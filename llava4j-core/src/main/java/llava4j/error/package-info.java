/// Errors that a user can mend, and what messages about them are made of.
package llava4j.error;
