// The colours of pixels that do not show, once per window.

#include <algorithm>
#include <array>
#include <vector>

#include "image/alpha.h"

namespace fovea::image {
namespace {

constexpr int kAlpha = 3;

struct Point {
  int64_t x, y;
};

using Colours = std::array<float, 3>;

// The state of bleed_colour: which pixels have a colour that shows or follows from one that does.
class Bleeding {
 public:
  explicit Bleeding(Pixels pixels)
      : pixels_(pixels), states_(static_cast<size_t>(pixels.width * pixels.height), State::Hidden) {
    for_each_pixel([&](Point p) {
      if (component(p, kAlpha) != 0) state(p) = State::Coloured;
    });
    for_each_pixel([&](Point p) {
      if (state(p) == State::Coloured) enqueue_neighbours(p);
    });
  }

  void run() {
    std::vector<Point> ring;
    std::vector<Colours> colours;
    while (!queue_.empty()) {
      ring.swap(queue_);
      queue_.clear();
      colours.clear();
      for (const Point p : ring) colours.push_back(mean_of_neighbours(p));
      for (size_t i = 0; i < ring.size(); ++i) {
        set_colours(ring[i], colours[i]);
        state(ring[i]) = State::Coloured;
      }
      for (const Point p : ring) enqueue_neighbours(p);
    }
  }

 private:
  enum class State : uint8_t { Hidden, Queued, Coloured };

  State& state(Point p) { return states_[static_cast<size_t>(p.y * pixels_.width + p.x)]; }

  template <class Fn>
  void for_each_pixel(Fn fn) {
    for (int64_t y = 0; y < pixels_.height; ++y) {
      for (int64_t x = 0; x < pixels_.width; ++x) fn(Point{x, y});
    }
  }

  template <class Fn>
  void for_each_neighbour(Point p, Fn fn) {
    for (int64_t y = std::max<int64_t>(p.y - 1, 0); y <= std::min(p.y + 1, pixels_.height - 1);
         ++y) {
      for (int64_t x = std::max<int64_t>(p.x - 1, 0); x <= std::min(p.x + 1, pixels_.width - 1);
           ++x) {
        fn(Point{x, y});
      }
    }
  }

  void enqueue_neighbours(Point p) {
    for_each_neighbour(p, [&](Point q) {
      if (state(q) != State::Hidden) return;
      state(q) = State::Queued;
      queue_.push_back(q);
    });
  }

  float component(Point p, size_t channel) const {
    const std::byte* pixel = pixels_.at(p.x, p.y);
    return pixels_.deep ? reinterpret_cast<const float*>(pixel)[channel]
                        : static_cast<float>(pixel[channel]);
  }

  void set_colours(Point p, const Colours& colours) {
    std::byte* pixel = pixels_.at(p.x, p.y);
    for (size_t i = 0; i < 3; ++i) {
      if (pixels_.deep) {
        reinterpret_cast<float*>(pixel)[i] = colours[i];
      } else {
        pixel[i] = static_cast<std::byte>(colours[i] + 0.5f);  // the nearest to the mean
      }
    }
  }

  Colours mean_of_neighbours(Point p) {
    Colours mean = {0, 0, 0};
    float count = 0;
    for_each_neighbour(p, [&](Point q) {
      if (state(q) != State::Coloured) return;
      ++count;
      for (size_t i = 0; i < 3; ++i) mean[i] += component(q, i);
    });
    for (float& colour : mean) colour /= count;
    return mean;
  }

  Pixels pixels_;
  std::vector<State> states_;
  std::vector<Point> queue_;
};

}  // namespace

void bleed_colour(Pixels pixels) { Bleeding(pixels).run(); }

}  // namespace fovea::image
