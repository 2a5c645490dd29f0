#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace fovea::onnx {

struct HalfOptions {
  // Inputs and outputs stay float32, with Casts behind and before them; but inputs that have a
  // default are as that becomes.
  bool keep_io_types = true;
  std::set<std::string, std::less<>> keep_float_nodes;      // by name
  std::set<std::string, std::less<>> keep_float_operators;  // by operator type
};

struct HalfModel {
  std::string bytes;
  // Sentences about what a reader should know, such as how many weights were beyond float16's
  // range.
  std::vector<std::string> warnings;
};

// A model that stores its weights and computes in float16. Whatever is float32 becomes float16:
// initialisers, Constants, attributes that are tensors, declared types, Casts to float32, subgraphs
// included. Numbers are rounded half to even; those beyond +-65504 become +-65504, those smaller
// than float16's least +-0, and warnings say how many; infinities stay. Where an operator takes no
// float16, or is to be kept, Casts are put around it; what it reads as float32 by definition, such
// as Resize's scales, stays. All else is copied byte by byte.
//
// Throws Error(MalformedModel) as decode() does, Error(InvalidInput) for nodes to be kept that are
// not there, and Error(UnsupportedAttribute) where weights lie in external files, and for what
// stays in float32 and has subgraphs, or outputs whose type is not known. Operators of other
// domains than ONNX's own, the model's functions among them, stay in float32.
HalfModel to_float16(std::span<const std::byte> model, const HalfOptions& options);

}  // namespace fovea::onnx
