package llava4j.train;

import java.nio.file.Path;

/// The plan of a run, known before its first step.
///
/// @param name of the preset
/// @param out folder of the results
/// @param firstStep steps that are already done, when resuming
/// @param totalSteps optimiser steps of the whole run
/// @param globalBatch samples of one optimiser step
/// @param trainable number of trainable parameters
/// @param peakFlops peak floating point operations per second of all processes, 0 if unknown
public record RunPlan(
    String name,
    Path out,
    long firstStep,
    long totalSteps,
    int globalBatch,
    long trainable,
    double peakFlops) {}
