#pragma once

#include <emscripten/val.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "session/inspection.h"
#include "session/session.h"

// The engine's structs as plain JavaScript objects and back; the object types are in
// web/src/host/module.ts.
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
emscripten::val to_val(const ModelInfo& info);
// What there is to say of a model before any sizes are known.
emscripten::val to_val(const Inspection& inspection);
emscripten::val to_val(const TypesAtSizes& types);
emscripten::val to_val(const std::optional<MemoryNeed>& need);
emscripten::val to_val(const NodeProfile& node);
emscripten::val to_val(const ReceptiveField& field);

// An array of sizes, or null.
emscripten::val to_val(const std::optional<Shape>& shape);

// {type, dims, data}: data is a view into the engine's memory, or an array of strings.
emscripten::val to_val(const Tensor& tensor);

// Throws Error(InvalidInput) where there is no such type.
DType dtype_named(const std::string& name);
Shape to_shape(const emscripten::val& dims);

// {disabledPasses: [name], precision, externalData: {location: handle of a Buffer}, operators},
// externalData without a prototype, operators as to_operators() has them; and limits, where some
// are not the default: {nodes?, nesting?, tensorBytes?, planningMilliseconds?, trips?}.
SessionOptions to_options(const emscripten::val& options);

// [{name, type, dims, data}], data the handle of a Buffer or an array of strings.
std::vector<Feed> to_feeds(const emscripten::val& feeds);

// [{type, dims, data}] likewise; null becomes a tensor of type Undefined.
std::vector<Tensor> to_tensors(const emscripten::val& values);

// [[size], null]
std::vector<std::optional<Shape>> to_shapes(const emscripten::val& shapes);

// {input, output, shapes: {name: [size]}, inputAxes: [height, width], outputAxes}, shapes by the
// names of a model.
FieldRequest to_field_request(const emscripten::val& request);

std::vector<std::string> to_strings(const emscripten::val& array);

}  // namespace fovea::bindings
