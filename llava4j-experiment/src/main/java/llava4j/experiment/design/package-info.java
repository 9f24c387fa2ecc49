/// What an experiment is: arms with their models, data and questions, the paper's finding, and the
/// rule that decides. Records and enums only; nothing here reads or writes a file.
package llava4j.experiment.design;
