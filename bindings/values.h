#pragma once

#include <emscripten/val.h>

#include <string>
#include <vector>

#include "base/dtype.h"
#include "base/error.h"
#include "base/shape.h"
#include "tensor/tensor.h"

// Values that cross to JavaScript and back in all programs of this folder.
namespace fovea::bindings {

template <class Range, class Fn>
emscripten::val to_array(const Range& range, Fn&& to_val) {
  emscripten::val array = emscripten::val::array();
  for (const auto& item : range) array.call<void>("push", to_val(item));
  return array;
}

// An object without a prototype, for names that a model chooses: a name such as __proto__ is no
// other there.
emscripten::val dictionary();

// {code, message, fields: {key: value}}, as web/src/base/errors.ts reads it.
emscripten::val to_val(const Error& error);

// An array of sizes.
emscripten::val to_val(const Shape& shape);

// {type, dims, data}: data is a view into the program's memory, or an array of strings.
emscripten::val to_val(const Tensor& tensor);

// Throws Error(InvalidInput) where there is no such type.
DType dtype_named(const std::string& name);
Shape to_shape(const emscripten::val& dims);

// {type, dims, data}, data the handle of a Buffer or an array of strings.
Tensor to_tensor(const emscripten::val& object);

// An array of these; null becomes a tensor of type Undefined.
std::vector<Tensor> to_tensors(const emscripten::val& values);

std::vector<std::string> to_strings(const emscripten::val& array);

}  // namespace fovea::bindings
