#pragma once

#include <optional>
#include <vector>

#include "image/filter.h"
#include "image/pixels.h"
#include "threads/thread_pool.h"

// Transparency: colour and alpha are enlarged apart from each other.
namespace fovea::image {

// The alpha all pixels share, if they do; such a picture needs no alpha of its own.
std::optional<float> constant_alpha(ConstPixels pixels) noexcept;

// Gives fully transparent pixels the colours of their surroundings, ring by ring outward from those
// that show, so that no hidden colour bleeds into an enlarged edge. Alpha stays. A picture without
// a visible pixel stays as it is.
void bleed_colour(Pixels pixels);

// The alpha, 0..255, of all that a filter reads of a picture. `window` are the pixels that are
// given of it.
std::vector<float> alpha_of(ConstPixels window, const Placement& placement,
                            const PartFilter& filter);

// Writes the alpha of the part of an enlarged picture that a filter makes into all of `pixels`;
// colours stay.
void merge_alpha(const std::vector<float>& alpha, const PartFilter& filter, Pixels pixels,
                 ThreadPool& pool);

}  // namespace fovea::image
