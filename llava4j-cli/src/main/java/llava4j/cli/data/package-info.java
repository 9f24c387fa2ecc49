/// Commands about training data: `data build`, `data check`, `data stats`.
package llava4j.cli.data;
