// What JavaScript sees of pictures. Its types are declared in web/src/host/module.ts.

#include <emscripten/bind.h>

#include <memory>

#include "engine.h"
#include "guard.h"
#include "handle.h"
#include "picture.h"

namespace fovea::bindings {
namespace {

using emscripten::function;
using emscripten::val;

image::Rect to_rect(const val& object) {
  const auto number = [&](const char* key) {
    return static_cast<int64_t>(object[key].as<double>());
  };
  return {number("x"), number("y"), number("width"), number("height")};
}

Handle make_picture(Handle engine, Handle rgba, const val& settings) {
  return guard([&] {
    return handle_of(std::make_unique<Picture>(at<Engine>(engine).pool, at<Buffer>(rgba),
                                               to_picture_settings(settings)));
  });
}

Handle picture_input(Handle picture, const val& from) {
  return guard([&] { return handle_of(at<Picture>(picture).input(to_rect(from))); });
}

void place_tile(Handle picture, Handle run, int x, int y, const val& to) {
  guard([&] { at<Picture>(picture).place(at<Run>(run), x, y, to_rect(to)); });
}

void finish_picture(Handle picture) {
  guard([&] { at<Picture>(picture).finish(); });
}

val picture_bytes(Handle picture) { return at<Picture>(picture).view(); }

}  // namespace

EMSCRIPTEN_BINDINGS(fovea_picture) {
  function("makePicture", &make_picture);
  function("pictureInput", &picture_input);
  function("placeTile", &place_tile);
  function("finishPicture", &finish_picture);
  function("pictureBytes", &picture_bytes);
  function("deletePicture", &destroy<Picture>);
}

}  // namespace fovea::bindings
