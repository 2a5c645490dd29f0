#pragma once

#include <string_view>
#include <vector>

#include "quantise/layers.h"
#include "quantise/network.h"
#include "quantise/rewrite.h"

namespace fovea::quantise {

// A value that operators other than layers read or make in bytes.
struct ByteValue {
  std::string_view name;
  std::vector<Reader> readers;  // layers among them
  std::string_view like;        // the value whose elements it has, moved; empty: it has its own
};

// With Placement::Everywhere: the values around all operators that other engines compute in bytes,
// in the order in which they are made. Between a layer and the Relu or Clip that follows it there
// is none.
std::vector<ByteValue> find_byte_values(const Network& network, const std::vector<Layer>& layers);

}  // namespace fovea::quantise
