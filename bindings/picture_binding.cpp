// What JavaScript sees of pictures. Its types are declared in web/src/engine/module.ts.

#include <emscripten/bind.h>

#include <memory>

#include "engine.h"
#include "guard.h"
#include "picture.h"

namespace fovea::bindings {
namespace {

using emscripten::val;

Rect to_rect(const val& object) {
  const auto number = [&](const char* key) {
    return static_cast<int64_t>(object[key].as<double>());
  };
  return {number("x"), number("y"), number("width"), number("height")};
}

std::unique_ptr<Picture> make_picture(const Engine& engine, const Buffer& rgba,
                                      const val& settings) {
  return guard(
      [&] { return std::make_unique<Picture>(engine.pool, rgba, to_picture_settings(settings)); });
}

std::unique_ptr<Buffer> input(const Picture& picture, const val& from, int to_width,
                              int to_height) {
  return guard([&] { return picture.input(to_rect(from), to_width, to_height); });
}

void place(Picture& picture, const Run& run, int x, int y, const val& to) {
  guard([&] { picture.place(run, x, y, to_rect(to)); });
}

void finish(Picture& picture) {
  guard([&] { picture.finish(); });
}

}  // namespace

EMSCRIPTEN_BINDINGS(fovea_picture) {
  emscripten::function("makePicture", &make_picture);
  emscripten::class_<Picture>("Picture")
      .function("input", &input)
      .function("place", &place)
      .function("finish", &finish)
      .function("view", &Picture::view);
}

}  // namespace fovea::bindings
