#pragma once

#include <emscripten/val.h>

#include <optional>
#include <string>
#include <vector>

#include "buffer.h"
#include "session/inspection.h"
#include "session/session.h"
#include "values.h"

// The engine's structs as plain JavaScript objects and back; the object types are in
// web/src/host/module.ts.
namespace fovea::bindings {

emscripten::val to_val(const ModelInfo& info);
// What there is to say of a model before any sizes are known.
emscripten::val to_val(const Inspection& inspection);
emscripten::val to_val(const TypesAtSizes& types);
emscripten::val to_val(const std::optional<MemoryNeed>& need);
emscripten::val to_val(const NodeProfile& node);
emscripten::val to_val(const ReceptiveField& field);

// An array of sizes, or null.
emscripten::val to_val(const std::optional<Shape>& shape);

// The file in a buffer, which keeps its memory.
ModelBytes model_in(const Buffer& buffer);

// {disabledPasses: [name], precision, externalData: {location: handle of a Buffer}, operators},
// externalData without a prototype, operators as to_operators() has them; and limits, where some
// are not the default: {nodes?, nesting?, tensorBytes?, planningMilliseconds?, trips?}.
SessionOptions to_options(const emscripten::val& options);

// [{name, type, dims, data}], data the handle of a Buffer or an array of strings.
std::vector<Feed> to_feeds(const emscripten::val& feeds);

// [[size], null]
std::vector<std::optional<Shape>> to_shapes(const emscripten::val& shapes);

// {input, output, shapes: {name: [size]}, inputAxes: [height, width], outputAxes}, shapes by the
// names of a model.
FieldRequest to_field_request(const emscripten::val& request);

}  // namespace fovea::bindings
