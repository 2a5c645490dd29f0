#pragma once

#include <memory>
#include <vector>

#include "plan/band_geometry.h"
#include "plan/segment.h"

namespace fovea {

// Some rows of an image [1, C, H, W] in memory: `planes` times rows of `row_bytes`, one plane after
// another. ChannelsLast has one plane.
struct BandImage {
  int64_t planes = 1;
  int64_t row_bytes = 0;
  int64_t height = 0;  // of the whole image
  int outside = 0;     // what rows outside the image are made of, byte by byte

  int64_t bytes(int64_t rows) const { return planes * rows * row_bytes; }
};

// What a step of the program makes. In band t it makes rows [t * rows + lead, (t + 1) *
// rows + lead); its window holds those, and before them the last `history` rows of the bands
// before, which later steps still read.
struct BandValue : BandRows {
  BandImage image;
  // The window lasts from one band to the next; else its history is put by in `store`.
  bool lasts = false;
  int output = -1;      // of the program: the whole image is wanted too
  uint64_t window = 0;  // offsets in the scratch memory
  uint64_t store = 0;

  int64_t window_rows() const { return history + rows; }
  int64_t first_row(int64_t band) const { return band * rows + lead; }
};

// An input of a step.
struct BandSource {
  enum class Kind : uint8_t {
    None,    // left out
    Whole,   // an input of the program, all of it
    Window,  // rows of what a step of the program made
    Loaded,  // rows of an input of the program
  };
  Kind kind = Kind::None;
  size_t index = 0;    // of the program's input, or of the step
  int64_t offset = 0;  // Window: rows from the window's first
  // Loaded: rows [band * step + first, ... + rows) of the image, copied to `window` where some lie
  // outside or the image has several planes.
  BandImage image;
  int64_t step = 0;
  int64_t first = 0;
  int64_t rows = 0;
  uint64_t window = 0;
};

struct BandStep {
  Step step;  // as it would run on whole images
  Kernel kernel;
  std::vector<BandSource> sources;
  BandValue value;
  std::vector<size_t> last_reads;  // steps whose value none after this one reads
  uint64_t scratch_bytes = 0;
  uint64_t scratch = 0;
};

// What BandPlanner makes and a step of a plan runs.
struct BandProgram {
  std::vector<BandStep> steps;
  int64_t first_band = 0;
  int64_t bands = 0;

  // Runs part `part` of `bands`, all of which work in the same scratch memory; `milliseconds` has
  // an element for each step, which is added to.
  void run(RunContext& run, int64_t part, std::span<double> milliseconds) const;
};

}  // namespace fovea
