#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "import/import.h"
#include "support/model_builder.h"
#include "support/onnx_writer.h"

namespace fovea::test {

inline Graph import_bytes(const std::string& bytes, const Limits& limits = {},
                          const ImportSources& sources = {}) {
  return import_model(onnx::decode(as_bytes(bytes)), sources, limits);
}

// What importing the model throws.
inline Error import_error(const std::string& bytes, const Limits& limits = {},
                          const ImportSources& sources = {}) {
  try {
    import_bytes(bytes, limits, sources);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::Internal, "nothing was thrown"};
}

inline Error import_error(const ModelBuilder& model, const Limits& limits = {}) {
  return import_error(model.bytes(), limits);
}

}  // namespace fovea::test
