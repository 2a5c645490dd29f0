#pragma once

#include <emscripten/val.h>

#include <memory>
#include <span>

#include "buffer.h"
#include "image/picture_window.h"
#include "image/resample.h"
#include "session/session.h"

namespace fovea::bindings {

// PictureSettings, ResampleSettings and Rectangle of web/src/host/module.ts.
image::EnlargingSettings to_picture_settings(const emscripten::val& object);
image::ResampleSettings to_resample_settings(const emscripten::val& object);
image::Rect to_rect(const emscripten::val& object);

// The window of a picture that is being enlarged: pixels to a network's input, its output to
// pixels.
class Picture {
 public:
  // `pixels` are written to. Throws Error(InvalidInput) when they do not fit the settings.
  Picture(std::shared_ptr<ThreadPool> pool, Buffer& pixels,
          const image::EnlargingSettings& settings);

  std::unique_ptr<Buffer> input(const image::Rect& from, image::Orientation orientation) const;

  // Throws Error(InvalidInput) also when the run's output 0 is no such picture.
  void place(const Run& run, int64_t x, int64_t y, const image::Rect& to,
             image::Orientation orientation);

  // RGBA, valid until the engine's memory grows.
  emscripten::val view();

 private:
  std::shared_ptr<ThreadPool> pool_;
  std::shared_ptr<std::byte> memory_;
  image::PictureWindow window_;
};

// Throws Error(InvalidInput) when the pixels do not fit the settings.
std::unique_ptr<Buffer> resampled(Buffer& pixels, const image::ResampleSettings& settings,
                                  ThreadPool& pool);

}  // namespace fovea::bindings
