/// Files that are whole or absent, and their digests.
package llava4j.io;
