#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "onnx/edit.h"
#include "onnx/encode.h"
#include "onnx/extract.h"
#include "onnx/half.h"
#include "onnx/raw_fields.h"
#include "onnx/upgrade.h"
#include "session/session.h"

// What the engine writes, for tests/writing/check.py to compare with onnx and onnxruntime:
//
//   onnx_tool COMMAND MODEL RESULT [ARGUMENT...]
namespace fovea {
namespace {

using Arguments = std::vector<std::string>;

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  for (auto at = list.begin(); at < list.end();) {
    const auto end = std::find(at, list.end(), '\n');
    out.emplace_back(at, end);
    at = end == list.end() ? end : end + 1;
  }
  return out;
}

std::string to_half(std::span<const std::byte> model, const Arguments& arguments) {
  onnx::HalfOptions options;
  for (const std::string& argument : arguments) {
    if (argument == "--half-io") {
      options.keep_io_types = false;
    } else {
      options.keep_float_operators.insert(argument);
    }
  }
  onnx::HalfModel half = onnx::to_float16(model, options);
  for (const std::string& warning : half.warnings) std::cerr << warning << '\n';
  return std::move(half.bytes);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string optimised(std::span<const std::byte> model, const std::string& folder) {
  const auto pool = std::make_shared<ThreadPool>(1);
  SessionOptions options;
  options.external_data = [&](const std::string& location) {
    const auto file = std::make_shared<std::string>(read_file(folder + '/' + location));
    return ModelBytes{onnx::as_bytes(*file), file};
  };
  return Session::load({model, nullptr}, pool, options)->optimised_model();
}

std::string run(const std::string& command, std::span<const std::byte> model,
                const Arguments& arguments) {
  if (command == "encode") return onnx::encode(onnx::decode(model));
  if (command == "edit") {
    onnx::ModelEdit edit;
    edit.metadata["written by"] = "a test";
    edit.doc_string = "edited";
    return onnx::edit(model, edit);
  }
  if (command == "extract") {
    return onnx::extract(model, split(arguments.at(0)), split(arguments.at(1)));
  }
  if (command == "half") return to_half(model, arguments);
  if (command == "upgrade") return onnx::upgrade_opset(model, std::stoll(arguments.at(0)));
  fail(ErrorCode::InvalidInput, "There is no command '", command, "'.");
}

}  // namespace
}  // namespace fovea

int main(int count, char** values) {
  const std::vector<std::string> arguments(values + 1, values + count);
  if (arguments.size() < 3) return 2;
  const std::string bytes = fovea::read_file(arguments[1]);
  const std::span<const std::byte> model = fovea::onnx::as_bytes(bytes);
  const std::string folder = arguments[1].substr(0, arguments[1].find_last_of('/'));
  try {
    const std::string result =
        arguments[0] == "optimise"
            ? fovea::optimised(model, folder)
            : fovea::run(arguments[0], model, {arguments.begin() + 3, arguments.end()});
    std::ofstream(arguments[2], std::ios::binary) << result;
  } catch (const fovea::Error& error) {
    std::cerr << fovea::name_of(error.code()) << ": " << error.message() << '\n';
    return 1;
  }
  return 0;
}
