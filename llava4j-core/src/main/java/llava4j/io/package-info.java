/// Files that are whole or absent, digests, folders that belong to one run, and closing several
/// things.
package llava4j.io;
