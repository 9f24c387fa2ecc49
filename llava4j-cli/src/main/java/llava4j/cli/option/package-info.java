/// Options that several commands share, and what they choose.
package llava4j.cli.option;
