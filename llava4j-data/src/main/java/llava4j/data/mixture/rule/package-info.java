/// The rules by which the paper's mixture is made (spec 6.4, 6.5), each a function of values: no
/// files, no state.
package llava4j.data.mixture.rule;
