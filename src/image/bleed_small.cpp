// The colours of pixels that do not show, once per picture.

#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

#include "image/alpha.h"

namespace fovea::image {
namespace {

constexpr int kAlpha = 3;

struct Point {
  int64_t x, y;
};

// The state of bleed_colour: which pixels have a colour that shows or follows from one that does.
template <class Component>
class Bleeding {
 public:
  explicit Bleeding(PixelsOf<Component> pixels)
      : pixels_(pixels), states_(static_cast<size_t>(pixels.width * pixels.height), State::Hidden) {
    for_each_pixel([&](Point p) {
      if (pixels_.at(p.x, p.y)[kAlpha] != 0) state(p) = State::Coloured;
    });
    for_each_pixel([&](Point p) {
      if (state(p) == State::Coloured) enqueue_neighbours(p);
    });
  }

  void run() {
    std::vector<Point> ring;
    std::vector<std::array<Component, 3>> colours;
    while (!queue_.empty()) {
      ring.swap(queue_);
      queue_.clear();
      colours.clear();
      for (const Point p : ring) colours.push_back(mean_of_neighbours(p));
      for (size_t i = 0; i < ring.size(); ++i) {
        std::copy_n(colours[i].begin(), 3, pixels_.at(ring[i].x, ring[i].y));
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

  std::array<Component, 3> mean_of_neighbours(Point p) {
    using Sum = std::conditional_t<std::is_integral_v<Component>, unsigned, float>;
    std::array<Sum, 3> sum = {0, 0, 0};
    unsigned count = 0;
    for_each_neighbour(p, [&](Point q) {
      if (state(q) != State::Coloured) return;
      ++count;
      for (size_t i = 0; i < 3; ++i) sum[i] += pixels_.at(q.x, q.y)[i];
    });
    // Of bytes, the nearest to the mean.
    const Sum half = std::is_integral_v<Component> ? Sum(count / 2) : Sum(0);
    std::array<Component, 3> mean;
    for (size_t i = 0; i < 3; ++i) mean[i] = static_cast<Component>((sum[i] + half) / Sum(count));
    return mean;
  }

  PixelsOf<Component> pixels_;
  std::vector<State> states_;
  std::vector<Point> queue_;
};

}  // namespace

void bleed_colour(Pixels pixels) { Bleeding(pixels).run(); }

void bleed_colour(DeepPixels pixels) { Bleeding(pixels).run(); }

}  // namespace fovea::image
