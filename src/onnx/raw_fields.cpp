#include "onnx/raw_fields.h"

#include <protozero/pbf_reader.hpp>

#include "base/error.h"

namespace fovea::onnx {

RawFields raw_fields(std::string_view message) {
  RawFields out;
  protozero::pbf_reader in(message.data(), message.size());
  try {
    const char* begin = message.data();
    while (in.next()) {
      RawField& field = out.emplace_back();
      field.number = in.tag();
      field.has_content = in.has_wire_type(protozero::pbf_wire_type::length_delimited);
      if (field.has_content) {
        const protozero::data_view content = in.get_view();
        field.content = {content.data(), content.size()};
      } else {
        in.skip();
      }
      const char* const end = in.data().data();
      field.bytes = {begin, static_cast<size_t>(end - begin)};
      begin = end;
    }
  } catch (const protozero::exception&) {
    fail(ErrorCode::MalformedModel, "The model is malformed: a message holds no valid fields.");
  }
  return out;
}

RawFields merged_fields(const RawFields& fields, uint32_t number) {
  RawFields out;
  for (const RawField& field : fields) {
    if (!field.is(number)) continue;
    for (const RawField& inner : raw_fields(field.content)) out.push_back(inner);
  }
  return out;
}

std::string_view string_in(const RawFields& fields, uint32_t number) {
  std::string_view out;
  for (const RawField& field : fields) {
    if (field.is(number)) out = field.content;
  }
  return out;
}

}  // namespace fovea::onnx
