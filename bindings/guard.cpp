#include "guard.h"

#include <string>

namespace fovea::bindings {

using emscripten::val;

val describe(const Error& error) {
  val fields = val::object();
  for (const auto& [key, value] : error.fields()) fields.set(key, value);
  val object = val::object();
  object.set("code", std::string(name_of(error.code())));
  object.set("message", error.message());
  object.set("fields", fields);
  return object;
}

}  // namespace fovea::bindings
