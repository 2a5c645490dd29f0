#pragma once

#include "tensor/tensor.h"

// Between numbers and strings, as Cast writes and reads them.
namespace fovea {

// Every element of a numeric tensor: the shortest decimal number that reads back as the same,
// "NaN", "INF" or "-INF"; of a bool "True" or "False".
Tensor to_strings(const Tensor& numbers);

// Every string as a number of type `to`. Throws Error(InvalidInput) for what is none.
Tensor parse_numbers(const Tensor& strings, DType to);

}  // namespace fovea
