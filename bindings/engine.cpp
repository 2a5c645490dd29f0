// What JavaScript sees of the engine. Its types are declared in web/src/engine/module.ts.

#include "engine.h"

#include <emscripten/bind.h>

#include <memory>
#include <string>

#include "buffer.h"
#include "convert.h"
#include "guard.h"
#include "session/session.h"

namespace fovea::bindings {
namespace {

using emscripten::class_;
using emscripten::function;
using emscripten::val;

std::string version() { return FOVEA_VERSION; }

std::unique_ptr<Engine> make_engine(int threads) {
  return guard([&] { return std::make_unique<Engine>(threads); });
}

std::unique_ptr<Session> load(Engine& engine, const Buffer& model, const val& options) {
  return guard(
      [&] { return Session::load(model.model_bytes(), engine.pool, to_options(options)); });
}

val check(const Buffer& model, const val& options) {
  return guard([&] { return to_val(check_model(model.model_bytes(), to_options(options))); });
}

std::unique_ptr<Buffer> make_buffer(size_t size) {
  return guard([&] { return std::make_unique<Buffer>(size); });
}

val info(const Session& session) { return to_val(session.info()); }

std::unique_ptr<Run> start(Session& session, const val& feeds, const val& fetches) {
  return guard([&] { return session.start(to_feeds(feeds), to_strings(fetches)); });
}

bool advance(Run& run, double milliseconds) {
  return guard([&] { return run.advance(milliseconds); });
}

val planned_dims(const Run& run) {
  return to_array(run.planned_shapes(), [](const auto& shape) { return to_val(shape); });
}

val outputs(const Run& run) {
  return to_array(run.outputs(), [](const Tensor& tensor) { return to_val(tensor); });
}

val profile(const Run& run) {
  return to_array(run.profile(), [](const NodeProfile& node) { return to_val(node); });
}

}  // namespace

EMSCRIPTEN_BINDINGS(fovea_engine) {
  function("version", &version);
  function("makeBuffer", &make_buffer);
  function("makeEngine", &make_engine);
  function("checkModel", &check);

  class_<Buffer>("Buffer").function("view", &Buffer::view);
  class_<Engine>("Engine").function("load", &load);
  class_<Session>("Session")
      .function("info", &info)
      .function("start", &start)
      .function("trim", &Session::trim);
  class_<Run>("Run")
      .function("plannedDims", &planned_dims)
      .function("advance", &advance)
      .function("outputs", &outputs)
      .function("profile", &profile);
}

}  // namespace fovea::bindings
