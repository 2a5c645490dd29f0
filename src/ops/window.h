#pragma once

#include <cstdint>
#include <vector>

namespace fovea {

// Positions `first` to `last` along an axis; none where `last` is less.
struct Span {
  int64_t first = 0;
  int64_t last = 0;
};

// Rules tell positions apart that a pattern of at most so many has: no network has longer ones.
inline constexpr int64_t kLongestPeriod = 1024;

// Which positions along an axis of an input the positions along an axis of the output depend on,
// as if both went on without end: position q * den + r - phase, with 0 <= r < den, on those of
// at(r) from q * num on.
struct Window {
  enum class Kind : uint8_t {
    Along,    // as said below
    Whole,    // every position of the output, on all of them
    Unread,   // the output does not depend on the input's elements
    Unknown,  // the rule does not tell
  };

  Kind kind = Kind::Whole;
  int axis = 0;  // of the output
  int64_t num = 1;
  int64_t den = 1;
  int64_t phase = 0;
  Span span = {};
  std::vector<Span> spans = {};  // by r; empty: `span` for all

  const Span& at(int64_t r) const { return spans.empty() ? span : spans[static_cast<size_t>(r)]; }
  // What the positions of a group of `den` depend on together.
  Span hull() const;
  // Whether every position depends on that at its place.
  bool is_same_place() const {
    return num == 1 && den == 1 && spans.empty() && span.first == 0 && span.last == 0;
  }
};

// The window of positions that depend on that at their place, or so many further on.
inline Window same_place(int axis, int64_t shift = 0) {
  return {.kind = Window::Kind::Along, .axis = axis, .span = {shift, shift}};
}

}  // namespace fovea
