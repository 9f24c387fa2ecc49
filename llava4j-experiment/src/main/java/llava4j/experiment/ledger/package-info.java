/// What was measured: one line for each finished arm and seed.
package llava4j.experiment.ledger;
