package llava4j.train;

import java.nio.file.Path;

/// What a run is going to do.
///
/// @param name of the preset
/// @param out folder of the results
/// @param firstStep steps that are done already, when resuming
/// @param totalSteps optimiser steps of the whole run
/// @param globalBatch samples of one optimiser step
/// @param trainable numbers that are learned
/// @param peakFlops floating point operations a second that the machine could do, 0 if unknown
public record RunPlan(
    String name,
    Path out,
    long firstStep,
    long totalSteps,
    int globalBatch,
    long trainable,
    double peakFlops) {}
