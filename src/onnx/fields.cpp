#include "onnx/fields.h"

namespace fovea::onnx {
namespace {

using protozero::pbf_wire_type;

std::span<const std::byte> as_bytes(protozero::data_view view) {
  return std::as_bytes(std::span(view.data(), view.size()));
}

std::span<const std::byte> between(protozero::data_view before, protozero::data_view after) {
  return as_bytes({before.data(), before.size() - after.size()});
}

}  // namespace

bool Fields::next() {
  path_.set_position(reader_.data().data());
  if (!reader_.next()) return false;
  if (reader_.has_wire_type(pbf_wire_type::length_delimited)) check_length();
  return true;
}

// protozero compares lengths as ptrdiff_t, which in 32 bits takes those from 2^31 for negative.
void Fields::check_length() const {
  const protozero::data_view rest = reader_.data();
  const char* at = rest.data();
  const char* const end = at + rest.size();
  const uint64_t length = protozero::decode_varint(&at, end);
  if (length > static_cast<uint64_t>(end - at)) throw protozero::end_of_buffer_exception();
}

bool Fields::expect(pbf_wire_type type) {
  if (reader_.has_wire_type(type)) return true;
  reader_.skip();
  return false;
}

bool Fields::get(int32_t& out) {
  if (!expect(pbf_wire_type::varint)) return false;
  out = reader_.get_int32();
  return true;
}

bool Fields::get(int64_t& out) {
  if (!expect(pbf_wire_type::varint)) return false;
  out = reader_.get_int64();
  return true;
}

bool Fields::get(float& out) {
  if (!expect(pbf_wire_type::fixed32)) return false;
  out = reader_.get_float();
  return true;
}

bool Fields::get(std::string_view& out) {
  if (!expect(pbf_wire_type::length_delimited)) return false;
  const protozero::data_view view = reader_.get_view();
  out = {view.data(), view.size()};
  return true;
}

bool Fields::get(std::span<const std::byte>& out) {
  if (!expect(pbf_wire_type::length_delimited)) return false;
  out = as_bytes(reader_.get_view());
  return true;
}

void Fields::add(std::vector<int64_t>& out) {
  if (reader_.has_wire_type(pbf_wire_type::length_delimited)) {
    for (const int64_t value : reader_.get_packed_int64()) out.push_back(value);
  } else if (expect(pbf_wire_type::varint)) {
    out.push_back(reader_.get_int64());
  }
}

void Fields::add(std::vector<float>& out) {
  if (reader_.has_wire_type(pbf_wire_type::length_delimited)) {
    for (const float value : reader_.get_packed_float()) out.push_back(value);
  } else if (expect(pbf_wire_type::fixed32)) {
    out.push_back(reader_.get_float());
  }
}

void Fields::add(std::vector<std::string_view>& out) {
  if (std::string_view value; get(value)) out.push_back(value);
}

template <class T>
void Fields::add(Packed<T>& out) {
  constexpr pbf_wire_type kSingle = std::is_same_v<T, float>    ? pbf_wire_type::fixed32
                                    : std::is_same_v<T, double> ? pbf_wire_type::fixed64
                                                                : pbf_wire_type::varint;
  if (reader_.has_wire_type(pbf_wire_type::length_delimited)) {
    out.append(as_bytes(reader_.get_view()));
  } else if (expect(kSingle)) {
    const protozero::data_view before = reader_.data();
    reader_.skip();
    out.append(between(before, reader_.data()));
  }
}

template void Fields::add(Packed<float>&);
template void Fields::add(Packed<double>&);
template void Fields::add(Packed<int32_t>&);
template void Fields::add(Packed<int64_t>&);
template void Fields::add(Packed<uint64_t>&);

}  // namespace fovea::onnx
