#pragma once

#include "kernels/quantised/conv.h"

namespace fovea::kernels {

// A product of a matrix of bytes, widened less its zero point, and one that is packed by
// pack_byte_panel, whose columns are channels; nothing is added to the result.
struct QuantisedRows {
  // Rows of `depth` numbers, readable up to a multiple of 4 rows.
  const int16_t* a = nullptr;
  int64_t rows = 0;
  int64_t depth = 0;  // paired
  const int16_t* panels = nullptr;
  int64_t columns = 0;  // of the whole result, which `output` is the first of these rows of
};

// Writes panels [begin, end) of the columns, kQuantisedPanel each.
void multiply_quantised(const QuantisedRows& product, const Requantisation& to, void* output,
                        int64_t begin, int64_t end) noexcept;

}  // namespace fovea::kernels
