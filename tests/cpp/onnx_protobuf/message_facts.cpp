#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <bit>
#include <set>
#include <vector>

#include "onnx_protobuf/facts.h"

namespace fovea::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool is_left_out(const FieldDescriptor& field) {
  static const std::set<std::string> kNames{"doc_string", "quantization_annotation",
                                            "training_info", "configuration",
                                            "device_configurations"};
  static const std::set<std::string> kFullNames{"onnx.TensorProto.metadata_props",
                                                "onnx.TensorProto.Segment.begin",
                                                "onnx.TensorProto.Segment.end"};
  return kNames.contains(field.name()) || kFullNames.contains(field.full_name());
}

// onnx::SparseTensor has both its tensors whether or not they are in the file.
bool has_presence(const FieldDescriptor& field) {
  return field.containing_type()->full_name() != "onnx.SparseTensorProto";
}

// Reads element `index` of a repeated field, or the singular one.
std::string scalar_text(const Message& message, const FieldDescriptor& field, int index) {
  const google::protobuf::Reflection& in = *message.GetReflection();
  const auto read = [&](auto repeated, auto singular) {
    return field.is_repeated() ? (in.*repeated)(message, &field, index)
                               : (in.*singular)(message, &field);
  };
  using R = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return text_of(int64_t{read(&R::GetRepeatedInt32, &R::GetInt32)});
    case FieldDescriptor::CPPTYPE_INT64:
      return text_of(int64_t{read(&R::GetRepeatedInt64, &R::GetInt64)});
    case FieldDescriptor::CPPTYPE_UINT64:
      return text_of(uint64_t{read(&R::GetRepeatedUInt64, &R::GetUInt64)});
    case FieldDescriptor::CPPTYPE_FLOAT:
      return text_of(read(&R::GetRepeatedFloat, &R::GetFloat));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return text_of(read(&R::GetRepeatedDouble, &R::GetDouble));
    case FieldDescriptor::CPPTYPE_ENUM:
      return text_of(int64_t{read(&R::GetRepeatedEnumValue, &R::GetEnumValue)});
    case FieldDescriptor::CPPTYPE_STRING:
      return text_of(std::string_view(read(&R::GetRepeatedString, &R::GetString)));
    default:
      return "a type onnx.proto does not use";
  }
}

bool is_default(const FieldDescriptor& field, const std::string& text) {
  // A member of a oneof says something even by its default.
  if (field.containing_oneof() && field.cpp_type() == FieldDescriptor::CPPTYPE_INT64) return false;
  return text == (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING ? "" : "0");
}

class Collector {
 public:
  void add(const Message& message, const std::string& path) {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (!is_left_out(*field)) add_field(message, *field, path + field->name());
    }
  }

  Facts take() { return std::move(facts_); }

 private:
  void add_field(const Message& message, const FieldDescriptor& field, const std::string& path) {
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field.is_repeated()) {
      const int size = message.GetReflection()->FieldSize(message, &field);
      for (int i = 0; i < size; ++i) {
        const std::string element = path + "[" + std::to_string(i) + "]";
        if (is_message) {
          add_message(message.GetReflection()->GetRepeatedMessage(message, &field, i), element);
        } else {
          facts_[element] = scalar_text(message, field, i);
        }
      }
    } else if (is_message) {
      if (has_presence(field)) facts_[path];
      add(message.GetReflection()->GetMessage(message, &field), path + ".");
    } else {
      const std::string text = scalar_text(message, field, 0);
      if (!is_default(field, text)) facts_[path] = text;
    }
  }

  void add_message(const Message& message, const std::string& path) {
    facts_[path];
    add(message, path + ".");
  }

  Facts facts_;
};

}  // namespace

Facts facts_of(const Message& model) {
  Collector collector;
  collector.add(model, "");
  return collector.take();
}

std::string text_of(int64_t value) { return std::to_string(value); }
std::string text_of(uint64_t value) { return std::to_string(value); }
std::string text_of(float value) { return std::to_string(std::bit_cast<uint32_t>(value)); }
std::string text_of(double value) { return std::to_string(std::bit_cast<uint64_t>(value)); }
std::string text_of(std::string_view value) { return std::string(value); }

}  // namespace fovea::test
