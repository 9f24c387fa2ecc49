/// Files of samples by command: `data build`, `data check`, `data stats`.
package llava4j.cli.data;
