#pragma once

#include <cstdint>
#include <string_view>

namespace fovea {

// What a model may ask for. A file of a few kilobytes can stand for more work than any machine can
// do; no honest model comes near these numbers. Beyond one of them, loading or running throws
// Error(LimitExceeded), or Error(OutOfMemory) for a tensor, whose field "limit" is the name of the
// option that allows more.
struct Limits {
  // Nodes, with local functions written out in full.
  uint64_t nodes = 1'000'000;
  // Subgraphs and calls of functions inside each other.
  uint64_t nesting = 64;
  // Bytes of one tensor.
  uint64_t tensor_bytes = uint64_t{1} << 31;
  // Of planning until results are needed that only a run can compute.
  double planning_milliseconds = 10'000;
  // Of one Loop, Scan or SequenceMap.
  uint64_t trips = 100'000'000;
};

// `option` is the name in JavaScript, as in "limits.nodes".
[[noreturn]] void fail_limit(std::string_view option, std::string_view message);

// Throws Error(OutOfMemory) with the fields "bytes" and "limit" where one tensor may not be as
// large.
void check_tensor_bytes(const Limits& limits, uint64_t bytes);

}  // namespace fovea
