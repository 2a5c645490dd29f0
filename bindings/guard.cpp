#include "guard.h"

#include <exception>
#include <new>
#include <string>

#include "values.h"

namespace fovea::bindings {

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

void throw_to_javascript(const Error& error) { to_val(error).throw_(); }

}  // namespace fovea::bindings
