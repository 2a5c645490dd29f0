#include "onnx_protobuf/protobuf.h"

#include <google/protobuf/descriptor.pb.h>
#if __has_include(<google/protobuf/stubs/logging.h>)
#include <google/protobuf/stubs/logging.h>
#define FOVEA_PROTOBUF_LOGS_ITSELF 1
#endif

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/error.h"

namespace fovea::test {

namespace fs = std::filesystem;

Protobuf& Protobuf::instance() {
  static Protobuf protobuf;
  return protobuf;
}

Protobuf::Protobuf() {
#ifdef FOVEA_PROTOBUF_LOGS_ITSELF
  // Damaged text is what some tests are about; it would be reported string by string.
  google::protobuf::SetLogHandler(nullptr);
#endif
  google::protobuf::FileDescriptorSet files;
  files.ParseFromString(read_file(FOVEA_ONNX_DESCRIPTORS));
  for (const auto& file : files.file()) pool_.BuildFile(file);
}

std::unique_ptr<Protobuf::Message> Protobuf::make(const std::string& name) const {
  const auto* descriptor = pool_.FindMessageTypeByName("onnx." + name);
  return std::unique_ptr<Message>(factory_.GetPrototype(descriptor)->New());
}

std::unique_ptr<Protobuf::Message> Protobuf::parse(const std::string& bytes) const {
  std::unique_ptr<Message> message = make("ModelProto");
  return message->ParseFromString(bytes) ? std::move(message) : nullptr;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<fs::path> models_below(const fs::path& folder) {
  std::vector<fs::path> out;
  if (!fs::is_directory(folder)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".onnx") out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

testing::AssertionResult agree(const Facts& expected, const Facts& actual) {
  std::string out;
  const auto list = [&](const Facts& from, const Facts& without, const char* side) {
    std::vector<Facts::value_type> only;
    std::ranges::set_difference(from, without, std::back_inserter(only));
    only.resize(std::min<size_t>(only.size(), 5));
    for (const auto& [path, value] : only) out += text(side, path, " = ", value, '\n');
  };
  list(expected, actual, "libprotobuf only: ");
  list(actual, expected, "ours only: ");
  return out.empty() ? testing::AssertionSuccess() : testing::AssertionFailure() << out;
}

}  // namespace fovea::test
