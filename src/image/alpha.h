#pragma once

#include <cstdint>
#include <optional>

#include "image/bicubic.h"
#include "image/pixels.h"
#include "threads/thread_pool.h"

// Transparency: colour and alpha are enlarged apart from each other.
namespace fovea::image {

// The alpha all pixels share, if they do; such a picture needs no alpha of its own.
std::optional<uint8_t> constant_alpha(ConstPixels pixels) noexcept;
std::optional<float> constant_alpha(ConstDeepPixels pixels) noexcept;

// Gives fully transparent pixels the colours of their surroundings, ring by ring outward from those
// that show, so that no hidden colour bleeds into an enlarged edge. Alpha stays. A picture without
// a visible pixel stays as it is.
void bleed_colour(Pixels pixels);
void bleed_colour(DeepPixels pixels);

// The picture's alpha, 0..255, on its way to a larger size.
BicubicPlane alpha_of(ConstPixels pixels, int64_t out_width, int64_t out_height);
BicubicPlane alpha_of(ConstDeepPixels pixels, int64_t out_width, int64_t out_height);

// Writes the alpha of a rectangle of the enlarged picture, whose corner is (x, y) there, into all
// of `pixels`; colours stay.
void merge_alpha(const BicubicPlane& alpha, int64_t x, int64_t y, Pixels pixels, ThreadPool& pool);
void fill_alpha(uint8_t alpha, Pixels pixels) noexcept;

}  // namespace fovea::image
