#include "onnx/foreign_format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace fovea::onnx {
namespace {

struct Format {
  size_t offset;
  std::string_view magic;
  std::string_view explanation;
};

using namespace std::string_view_literals;

constexpr auto kBinaryFormats = std::to_array<Format>({
    {4, "ORTM"sv,
     "This is an .ort file, onnxruntime's own format; use the .onnx file it was made from."},
    {4, "TFL3"sv, "This is a TensorFlow Lite model; convert it to ONNX with tf2onnx."},
    {0, "PK\x03\x04"sv,
     "This is a zip archive, as PyTorch's .pt and .pth files are; unpack it, or export the model "
     "with torch.onnx.export."},
    {0, "\x80\x02"sv,
     "This is a Python pickle, as old PyTorch checkpoints are; export the model with "
     "torch.onnx.export."},
    {0, "\x1f\x8b"sv, "This is a gzip file; decompress it first."},
    {0, "\x89HDF\r\n"sv, "This is an HDF5 file, as Keras models are; convert it with tf2onnx."},
});

// Compared in lower case, after white space and a byte order mark.
constexpr auto kTextFormats = std::to_array<Format>({
    {0, "<!doctype"sv,
     "A web page was received instead of a model; check the address it was loaded from."},
    {0, "<html"sv,
     "A web page was received instead of a model; check the address it was loaded from."},
    {0, "<?xml"sv,
     "An XML document was received instead of a model; check the address it was loaded from."},
    {0, "{"sv,
     "A JSON document was received instead of a model; check the address it was loaded from."},
    {0, "version https://git-lfs"sv,
     "This is a Git LFS pointer, not the model it stands for; fetch that with `git lfs pull`."},
    {0, "ir_version"sv, "This is a model in protobuf's text format; only the binary one is read."},
});

bool has_magic(std::string_view text, const Format& format) {
  return text.size() >= format.offset && text.substr(format.offset).starts_with(format.magic);
}

template <size_t size>
std::string_view find_explanation(std::string_view text, const std::array<Format, size>& formats) {
  const auto found =
      std::ranges::find_if(formats, [&](const Format& format) { return has_magic(text, format); });
  return found == formats.end() ? std::string_view{} : found->explanation;
}

// As much of the beginning as kTextFormats needs.
std::string beginning_of_text(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  std::string lower(text.substr(0, 32));
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

}  // namespace

std::string_view explain_foreign_format(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string_view binary = find_explanation(text, kBinaryFormats);
  return binary.empty() ? find_explanation(beginning_of_text(text), kTextFormats) : binary;
}

}  // namespace fovea::onnx
