#include "onnx_protobuf/random_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include "onnx_protobuf/protobuf.h"

namespace fovea::test {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

constexpr int kDeepest = 7;

}  // namespace

std::string RandomMessages::string() {
  std::string out(below(6), '\0');
  for (char& c : out) c = static_cast<char>('a' + below(26));
  return out;
}

void RandomMessages::fill(Message& message, const FieldDescriptor& field, int depth) {
  const auto& in = *message.GetReflection();
  const auto set = [&](auto add, auto assign, auto value) {
    field.is_repeated() ? (in.*add)(&message, &field, value)
                        : (in.*assign)(&message, &field, value);
  };
  using R = google::protobuf::Reflection;
  // Of all lengths that varints have; the sign included.
  const auto number = static_cast<int64_t>(random_() >> below(64));
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return set(&R::AddInt32, &R::SetInt32, static_cast<int32_t>(number));
    case FieldDescriptor::CPPTYPE_INT64:
      return set(&R::AddInt64, &R::SetInt64, number);
    case FieldDescriptor::CPPTYPE_UINT64:
      return set(&R::AddUInt64, &R::SetUInt64, static_cast<uint64_t>(number));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return set(&R::AddFloat, &R::SetFloat, static_cast<float>(number) / 3);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return set(&R::AddDouble, &R::SetDouble, static_cast<double>(number) / 3);
    case FieldDescriptor::CPPTYPE_ENUM:
      return set(&R::AddEnum, &R::SetEnum,
                 field.enum_type()->value(static_cast<int>(
                     below(static_cast<size_t>(field.enum_type()->value_count())))));
    case FieldDescriptor::CPPTYPE_STRING:
      return field.is_repeated() ? in.AddString(&message, &field, string())
                                 : in.SetString(&message, &field, string());
    default:
      if (depth == kDeepest) return;
      return fill(field.is_repeated() ? *in.AddMessage(&message, &field)
                                      : *in.MutableMessage(&message, &field),
                  depth + 1);
  }
}

void RandomMessages::fill(Message& message, int depth) {
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    // Fewer messages the deeper they are, or there would be millions.
    if (below(is_message ? 2 + static_cast<size_t>(depth) : 2) != 0) continue;
    const size_t count = field.is_repeated() ? below(4) : 1;
    for (size_t n = 0; n < count; ++n) fill(message, field, depth);
  }
  if (below(4) == 0) {
    auto& unknown = *message.GetReflection()->MutableUnknownFields(&message);
    unknown.AddVarint(1000, random_());
    unknown.AddFixed32(1001, static_cast<uint32_t>(random_()));
    unknown.AddFixed64(1002, random_());
    unknown.AddLengthDelimited(1003, string());
  }
}

std::unique_ptr<Message> RandomMessages::model() {
  std::unique_ptr<Message> model = Protobuf::instance().make("ModelProto");
  fill(*model, 0);
  const auto& type = *model->GetDescriptor();
  const auto& in = *model->GetReflection();
  in.SetInt64(model.get(), type.FindFieldByName("ir_version"), 3 + static_cast<int64_t>(below(9)));
  Message& graph = *in.MutableMessage(model.get(), type.FindFieldByName("graph"));
  for (const char* name : {"node", "initializer", "value_info"}) {
    const FieldDescriptor& field = *graph.GetDescriptor()->FindFieldByName(name);
    for (int i = 0; i < 3; ++i) fill(graph, field, 1);
  }
  return model;
}

}  // namespace fovea::test
