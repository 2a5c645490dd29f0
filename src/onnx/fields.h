#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "onnx/packed.h"
#include "onnx/path.h"

namespace fovea::onnx {

// The fields of one message, one after the other:
//
//   while (in.next()) {
//     switch (in.number()) {
//       case 1: in.get(out.name); break;
//       ...
//       default: in.skip();
//
// Whatever takes a value passes over a field whose wire type is not the value's, as libprotobuf
// does. Messages are read by overloads of `void decode(Fields& in, Message& out)`, which add to
// what `out` holds. Throws protozero::exception for bytes that are no fields.
class Fields {
 public:
  Fields(protozero::data_view message, Path& path) : reader_(message), path_(path) {}

  bool next();
  uint32_t number() const { return reader_.tag(); }
  void skip() { reader_.skip(); }

  // Singular scalars: the last one wins. False when the field was passed over.
  bool get(int32_t& out);
  bool get(int64_t& out);
  bool get(float& out);
  bool get(std::string_view& out);
  bool get(std::span<const std::byte>& out);

  // Repeated scalars.
  void add(std::vector<int64_t>& out);
  void add(std::vector<float>& out);
  void add(std::vector<std::string_view>& out);
  template <class T>
  void add(Packed<T>& out);

  // Messages; `name` is the field's in error messages.
  template <class Message>
  void merge(std::string_view name, Message& out);
  template <class Message>
  void merge(std::string_view name, std::optional<Message>& out);
  template <class Message>
  void merge(std::string_view name, std::unique_ptr<Message>& out);
  template <class Message>
  void add(std::string_view name, std::vector<Message>& out);

  // Calls read(Fields&) on the message in the current field.
  template <class Read>
  void message(std::string_view name, std::optional<size_t> index, Read read);

 private:
  void check_length() const;

  // False, and the field passed over, when the current field is of another wire type.
  bool expect(protozero::pbf_wire_type type);

  protozero::pbf_reader reader_;
  Path& path_;
};

template <class Read>
void Fields::message(std::string_view name, std::optional<size_t> index, Read read) {
  if (!expect(protozero::pbf_wire_type::length_delimited)) return;
  path_.enter(name, index);
  Fields fields(reader_.get_view(), path_);
  read(fields);
  path_.leave();
}

template <class Message>
void Fields::merge(std::string_view name, Message& out) {
  message(name, std::nullopt, [&](Fields& in) { decode(in, out); });
}

template <class Message>
void Fields::merge(std::string_view name, std::optional<Message>& out) {
  message(name, std::nullopt, [&](Fields& in) { decode(in, out ? *out : out.emplace()); });
}

template <class Message>
void Fields::merge(std::string_view name, std::unique_ptr<Message>& out) {
  message(name, std::nullopt, [&](Fields& in) {
    if (!out) out = std::make_unique<Message>();
    decode(in, *out);
  });
}

template <class Message>
void Fields::add(std::string_view name, std::vector<Message>& out) {
  message(name, out.size(), [&](Fields& in) { decode(in, out.emplace_back()); });
}

}  // namespace fovea::onnx
