#pragma once

namespace fovea::quantise {

// Logarithms as exact as a float, by the vectors' own: the C library's have tables of 6 KB.
float natural_logarithm(double x);
float exponential(double x);

// Of a ratio of powers.
double decibels(double ratio);
// Of 1 + x, x >= 0, however small x is.
double decibels_above_one(double x);

}  // namespace fovea::quantise
