#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/op.h"

namespace fovea {

// Which rows the steps of a band program make and keep; see BandValue.

// A step's read of an image: of what an earlier step makes, or (`maker` < 0) of an image that is
// whole in memory.
struct BandRead {
  size_t input = 0;  // of the step
  BandInput rule;
  int maker = -1;
};

struct BandShape {
  std::vector<BandRead> reads;
  int64_t height = 0;     // of the image the step makes
  int64_t row_bytes = 0;  // of all its planes
  bool wanted = false;    // the whole image is read after the program
};

struct BandRows {
  int64_t rows = 0;
  int64_t lead = 0;
  int64_t history = 0;
  bool read_outside = false;  // other steps read rows outside the image, as zeros
};

struct BandGeometry {
  std::vector<BandRows> values;  // by step
  int64_t first_band = 0;
  int64_t bands = 0;

  // Of the step whose rows are the fewest.
  int64_t fewest_rows() const;
  // Bytes that the step with the most of them reads and writes in a band.
  int64_t widest_step(std::span<const BandShape> steps) const;
  // Rows of the maker's image at which a read by step `at` begins, counted from its window's first.
  int64_t offset_of(size_t at, const BandRead& read) const;
  // Rows a read by step `at` takes in every band.
  int64_t rows_of(size_t at, const BandRead& read) const;
  // Row of the image at which it begins in band 0.
  int64_t first_row_of(size_t at, const BandRead& read) const;
};

// For steps in the order they run, each reading steps before it. Bands have as many rows as let
// what any step reads and writes fit into `bytes`, but at least `fewest` where rows are the fewest,
// and a multiple of `unit` there.
// Empty (no values) where the steps are not connected, their images do not advance together, or
// strides and windows are those of no network.
BandGeometry find_geometry(std::span<const BandShape> steps, int64_t unit, int64_t bytes,
                           int64_t fewest);

}  // namespace fovea
