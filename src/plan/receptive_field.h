#pragma once

#include <array>
#include <string>

#include "graph/graph.h"
#include "plan/segment.h"

namespace fovea {

// Two axes of a picture: its height and its width.
using PictureAxes = std::array<int, 2>;

// Positions along an axis of the input beyond those at the place of an output's: [a, b) depend on
// [floor(a * num / den) - before, ceil(b * num / den) + after), num / den being how many there are
// for each of the output. Less than 0 where borders are cut off.
struct Margins {
  int64_t before = 0;
  int64_t after = 0;
};

// What an output depends on of a picture, away from its borders.
struct ReceptiveField {
  enum class Kind : uint8_t {
    Local,
    Whole,    // `node` looks at the whole picture
    Unknown,  // of `node` it is not known
  };

  Kind kind = Kind::Local;
  std::array<Margins, 2> margins = {};  // by axis of the picture
  std::string node = {};
  std::string op_type = {};
};

// The input and the output it is asked of, and their axes that are those of the picture.
struct FieldQuestion {
  ValueId input;
  PictureAxes input_axes;
  ValueId output;
  PictureAxes output_axes;
};

// By the operators' rules for windows (Meaning::window), of a graph whose plan tells types.
ReceptiveField find_receptive_field(const Graph& graph, const Segment& plan,
                                    const FieldQuestion& question);

}  // namespace fovea
