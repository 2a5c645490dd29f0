#include <new>

#include "base/error.h"
#include "onnx/foreign_format.h"
#include "onnx/messages.h"
#include "onnx/model.h"

namespace fovea::onnx {
namespace {

constexpr int64_t kOldestIrVersion = 3;

// The message for a person, with what a program wants to know in the fields.
Error malformed(std::string_view reason, const Path& path) {
  const std::string where = path.to_string();
  Error error(ErrorCode::MalformedModel,
              text("The model is malformed at byte ", path.offset(),
                   where.empty() ? "" : " in " + where, ": ", reason, "."));
  if (!where.empty()) error.with("path", where);
  return error.with("offset", text(path.offset()));
}

Error cut_short(std::span<const std::byte> bytes, const Path& path) {
  Error error(ErrorCode::MalformedModel,
              text("The model is truncated: it ends after ", bytes.size(),
                   " bytes, inside a field that begins at byte ", path.offset(), "."));
  return error.with("offset", text(path.offset()));
}

bool began_like_one(const Model& model) { return model.ir_version >= kOldestIrVersion; }
bool began_like_one(const Tensor& tensor) { return tensor.data_type != 0; }

template <class Message>
void decode_all(std::span<const std::byte> bytes, Path& path, Message& message) {
  const protozero::data_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  try {
    Fields fields(view, path);
    decode(fields, message);
  } catch (const protozero::end_of_buffer_exception&) {
    // What began like a model was cut off; bytes that never did are something else.
    const bool began = path.at_top() && began_like_one(message);
    throw began ? cut_short(bytes, path)
                : malformed("a field is longer than what contains it", path);
  } catch (const protozero::varint_too_long_exception&) {
    throw malformed("an integer is longer than 10 bytes", path);
  } catch (const protozero::invalid_length_exception&) {
    throw malformed("a packed field does not hold whole elements", path);
  } catch (const protozero::exception&) {
    throw malformed("there is no valid field", path);
  } catch (const Error& error) {
    throw malformed(error.message(), path);
  } catch (const std::bad_alloc&) {
    fail(ErrorCode::OutOfMemory, "There is not enough memory to read the model.");
  }
}

void check(const Model& model) {
  if (model.ir_version == 0) {
    fail(ErrorCode::MalformedModel, "This is not an ONNX model: it has no IR version.");
  }
  if (model.ir_version < kOldestIrVersion) {
    fail(ErrorCode::MalformedModel, "The model's IR version is ", model.ir_version,
         "; the oldest that is read is ", kOldestIrVersion, ".");
  }
  if (model.graph.nodes.empty() && model.graph.outputs.empty()) {
    fail(ErrorCode::MalformedModel, "The model has no graph, or an empty one.");
  }
}

}  // namespace

Model decode(std::span<const std::byte> bytes) {
  if (bytes.empty()) fail(ErrorCode::MalformedModel, "The model is empty: 0 bytes.");
  Model model;
  Path path(reinterpret_cast<const char*>(bytes.data()));
  try {
    decode_all(bytes, path, model);
    check(model);
  } catch (const Error& error) {
    const std::string_view explanation = explain_foreign_format(bytes);
    if (explanation.empty()) throw;
    fail(error.code(), explanation);
  }
  return model;
}

Tensor decode_tensor(std::span<const std::byte> bytes) {
  Tensor tensor;
  Path path(reinterpret_cast<const char*>(bytes.data()));
  decode_all(bytes, path, tensor);
  return tensor;
}

}  // namespace fovea::onnx
