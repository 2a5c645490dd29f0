#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace fovea::onnx {

// The part of a model between named values, as a model's file of its own: `inputs` are fed in it
// and `outputs` fetched. It has the nodes that the outputs need, their initialisers, sparse ones
// included, what is declared and annotated of their values, the functions they call, and the
// model's opsets, metadata and doc string, all copied byte by byte. An input's type is the declared
// one, of a value_info or of an initialiser of that name; outputs may be without.
//
// Throws Error(MalformedModel) as decode() does, and Error(InvalidInput) for no outputs, for a name
// that the graph has not or that is given twice, for an input whose type is declared nowhere, and
// where an output needs an input of the graph that is not among `inputs` and has no default.
std::string extract(std::span<const std::byte> model, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs);

}  // namespace fovea::onnx
