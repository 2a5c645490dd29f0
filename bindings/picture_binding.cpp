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
using image::Orientation;

Handle make_picture(Handle engine, Handle pixels, const val& settings) {
  return guard([&] {
    return handle_of(std::make_unique<Picture>(at<Engine>(engine).pool, at<Buffer>(pixels),
                                               to_picture_settings(settings)));
  });
}

Handle picture_input(Handle picture, const val& from, int orientation) {
  return guard([&] {
    return handle_of(at<Picture>(picture).input(to_rect(from), Orientation(orientation)));
  });
}

void place_tile(Handle picture, Handle run, int x, int y, const val& to, int orientation) {
  guard([&] {
    at<Picture>(picture).place(at<Run>(run), x, y, to_rect(to), Orientation(orientation));
  });
}

val picture_bytes(Handle picture) {
  return guard([&] { return at<Picture>(picture).view(); });
}

Handle resample_picture(Handle engine, Handle pixels, const val& settings) {
  return guard([&] {
    return handle_of(
        resampled(at<Buffer>(pixels), to_resample_settings(settings), *at<Engine>(engine).pool));
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(fovea_picture) {
  function("makePicture", &make_picture);
  function("pictureInput", &picture_input);
  function("placeTile", &place_tile);
  function("pictureBytes", &picture_bytes);
  function("deletePicture", &destroy<Picture>);
  function("resamplePicture", &resample_picture);
}

}  // namespace fovea::bindings
