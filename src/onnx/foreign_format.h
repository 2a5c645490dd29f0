#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fovea::onnx {

// What bytes that do not decode turn out to be, as a sentence that says what to do about it: a web
// page or error document received in place of the file, a Git LFS pointer, an archive, a model of
// another framework. "" when they look like none of these.
std::string_view explain_foreign_format(std::span<const std::byte> bytes);

}  // namespace fovea::onnx
