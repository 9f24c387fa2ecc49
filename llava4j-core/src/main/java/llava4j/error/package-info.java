/// The exception for errors that a user can correct, and helpers for its messages.
package llava4j.error;
