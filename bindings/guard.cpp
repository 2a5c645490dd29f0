#include "guard.h"

#include <emscripten/val.h>

#include <exception>
#include <new>
#include <string>

#include "convert.h"

namespace fovea::bindings {

using emscripten::val;

Error caught_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::OutOfMemory, "out of memory");
  } catch (const std::exception& error) {
    return Error(ErrorCode::Internal, error.what());
  } catch (...) {
    return Error(ErrorCode::Internal, "an exception of an unknown type");
  }
}

void throw_to_javascript(const Error& error) {
  val fields = dictionary();
  for (const auto& [key, value] : error.fields()) fields.set(key, value);
  val object = val::object();
  object.set("code", std::string(name_of(error.code())));
  object.set("message", error.message());
  object.set("fields", fields);
  object.throw_();
}

}  // namespace fovea::bindings
