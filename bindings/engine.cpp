// What JavaScript sees of the engine. Its types are declared in web/src/host/module.ts.

#include "engine.h"

#include <emscripten/bind.h>

#include <memory>
#include <string>

#include "buffer.h"
#include "convert.h"
#include "custom.h"
#include "guard.h"
#include "handle.h"
#include "session/inspection.h"
#include "session/session.h"

namespace fovea::bindings {
namespace {

using emscripten::function;
using emscripten::val;

Handle make_engine(int threads) {
  return guard([&] { return handle_of(std::make_unique<Engine>(threads)); });
}

Handle make_session(Handle engine, Handle model, const val& options) {
  return guard([&] {
    return handle_of(
        Session::load(model_in(at<Buffer>(model)), at<Engine>(engine).pool, to_options(options)));
  });
}

Handle make_inspection(Handle engine, Handle model, const val& options) {
  return guard([&] {
    return handle_of(std::make_unique<Inspection>(model_in(at<Buffer>(model)),
                                                  at<Engine>(engine).pool, to_options(options)));
  });
}

val report_of(Handle inspection) {
  return guard([&] { return to_val(at<Inspection>(inspection)); });
}

val types_at(Handle inspection, const val& inputs) {
  return guard([&] { return to_val(at<Inspection>(inspection).types_at(to_shapes(inputs))); });
}

val memory_at(Handle inspection, const val& inputs) {
  return guard([&] { return to_val(at<Inspection>(inspection).memory_at(to_shapes(inputs))); });
}

val model_info(Handle session) {
  return guard([&] { return to_val(at<Session>(session).info()); });
}

Handle start_run(Handle session, const val& feeds, const val& fetches) {
  return guard(
      [&] { return handle_of(at<Session>(session).start(to_feeds(feeds), to_strings(fetches))); });
}

val receptive_field_of(Handle session, const val& request) {
  return guard(
      [&] { return to_val(at<Session>(session).receptive_field(to_field_request(request))); });
}

// In JavaScript's memory, since the string goes.
val optimised_model(Handle session) {
  return guard([&] {
    const std::string model = at<Session>(session).optimised_model();
    const auto* bytes = reinterpret_cast<const unsigned char*>(model.data());
    return val(emscripten::typed_memory_view(model.size(), bytes)).call<val>("slice");
  });
}

void trim_session(Handle session) {
  guard([&] { at<Session>(session).trim(); });
}

bool advance(Handle run, double milliseconds) {
  return guard([&] { return at<Run>(run).advance(milliseconds); });
}

val question(Handle run) {
  return guard([&] { return to_val(at<Run>(run).question()); });
}

void answer(Handle run, const val& outputs) {
  guard([&] { at<Run>(run).answer(to_tensors(outputs)); });
}

val planned_dims(Handle run) {
  return guard([&] {
    return to_array(at<Run>(run).planned_shapes(), [](const auto& shape) { return to_val(shape); });
  });
}

val outputs(Handle run) {
  return guard([&] {
    return to_array(at<Run>(run).outputs(), [](const Tensor& tensor) { return to_val(tensor); });
  });
}

val profile(Handle run) {
  return guard([&] {
    return to_array(at<Run>(run).profile(), [](const NodeProfile& node) { return to_val(node); });
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(fovea_engine) {
  function("makeEngine", &make_engine);

  function("makeInspection", &make_inspection);
  function("reportOf", &report_of);
  function("typesAt", &types_at);
  function("memoryAt", &memory_at);
  function("deleteInspection", &destroy<Inspection>);

  function("makeSession", &make_session);
  function("modelInfo", &model_info);
  function("receptiveFieldOf", &receptive_field_of);
  function("optimisedModel", &optimised_model);
  function("trimSession", &trim_session);
  function("deleteSession", &destroy<Session>);

  function("startRun", &start_run);
  function("plannedDims", &planned_dims);
  function("advance", &advance);
  function("question", &question);
  function("answer", &answer);
  function("outputs", &outputs);
  function("profile", &profile);
  function("deleteRun", &destroy<Run>);
}

}  // namespace fovea::bindings
