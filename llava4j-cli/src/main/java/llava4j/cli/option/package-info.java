/// Options that several commands share.
package llava4j.cli.option;
