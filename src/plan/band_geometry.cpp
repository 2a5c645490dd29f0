#include "plan/band_geometry.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "base/integers.h"

namespace fovea {
namespace {

// Images of networks advance by a few rows for each other's, and are read a few rows around. Beyond
// these numbers there are no bands; within them nothing here overflows.
constexpr int64_t kMostRows = 1 << 8;
constexpr int64_t kFarthestRow = 1 << 16;
constexpr int64_t kLargestWindow = int64_t{1} << 31;

bool is_moderate(const BandShape& step) {
  return std::ranges::all_of(step.reads, [](const BandRead& read) {
    const BandInput& rule = read.rule;
    return std::max(rule.num, rule.den) <= kMostRows &&
           std::max(std::abs(rule.before), std::abs(rule.after)) <= kFarthestRow;
  });
}

bool is_moderate(const BandRows& value) {
  return std::max({value.rows, std::abs(value.lead), value.history}) <= kLargestWindow;
}

struct Ratio {
  int64_t num = 0;  // 0: not known yet
  int64_t den = 1;

  bool operator==(const Ratio&) const = default;
  bool is_moderate() const { return std::max(num, den) <= kMostRows; }
};

Ratio ratio(int64_t num, int64_t den) {
  const int64_t divisor = std::gcd(num, den);
  return {num / divisor, den / divisor};
}

// The step's rows come in multiples of this many.
int64_t granule_of(const BandShape& step) {
  int64_t granule = 1;
  for (const BandRead& read : step.reads) {
    granule = std::lcm(granule, read.rule.den);
    if (granule > kMostRows) break;
  }
  return granule;
}

// The step's bands begin at multiples of granule_of() less this.
int64_t phase_of(const BandShape& step) {
  int64_t phase = 0;
  for (const BandRead& read : step.reads) phase = std::max(phase, read.rule.phase);
  return phase;
}

// Whether a step reads rows beyond an image of that height, at least to no effect.
bool reads_outside(const BandShape& step, const BandInput& rule, int64_t height) {
  const int64_t groups = -floor_div(-(step.height + rule.phase), rule.den);
  return rule.before != 0 || rule.after != 0 || groups * rule.num > height;
}

// Rows of each step's image for one row of the last one's; empty where they contradict each other
// or are too many.
std::vector<Ratio> find_rates(std::span<const BandShape> steps) {
  std::vector<Ratio> rates(steps.size());
  rates.back() = {1, 1};
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = steps.size(); i-- > 0;) {
      for (const BandRead& read : steps[i].reads) {
        if (read.maker < 0) continue;
        Ratio& made = rates[static_cast<size_t>(read.maker)];
        Ratio& own = rates[i];
        if (own.num == 0 && made.num == 0) continue;
        const Ratio from_own = ratio(own.num * read.rule.num, own.den * read.rule.den);
        if (own.num == 0) {
          own = ratio(made.num * read.rule.den, made.den * read.rule.num);
        } else if (made.num == 0) {
          made = from_own;
        } else if (made == from_own) {
          continue;
        } else {
          return {};
        }
        if (!own.is_moderate() || !made.is_moderate()) return {};
        changed = true;
      }
    }
  }
  const bool connected = std::ranges::all_of(rates, [](const Ratio& rate) { return rate.num > 0; });
  return connected ? rates : std::vector<Ratio>{};
}

// The last step's rows in a band of the smallest size that gives every step whole rows, and
// multiples of `unit` where rows are the fewest; 0 where they are too many.
int64_t smallest_band(std::span<const BandShape> steps, std::span<const Ratio> rates,
                      int64_t unit) {
  int64_t scale = 1;
  for (size_t i = 0; i < steps.size(); ++i) {
    const int64_t granule = granule_of(steps[i]);
    const int64_t whole = rates[i].den * granule;
    scale = std::lcm(scale, whole / std::gcd(rates[i].num, whole));
    if (std::max(granule, scale) > kMostRows) return 0;
  }
  int64_t fewest = scale;
  for (const Ratio& rate : rates) fewest = std::min(fewest, scale * rate.num / rate.den);
  return scale * (unit / std::gcd(fewest, unit));
}

class GeometryFinder {
 public:
  explicit GeometryFinder(std::span<const BandShape> steps)
      : steps_(steps), values_(geometry_.values) {}

  BandGeometry find(int64_t unit, int64_t bytes, int64_t fewest);

 private:
  void set_rows(std::span<const Ratio> rates, int64_t scale);
  void set_leads();
  void set_histories();
  void set_bands();

  std::span<const BandShape> steps_;
  BandGeometry geometry_;
  std::vector<BandRows>& values_;
};

void GeometryFinder::set_rows(std::span<const Ratio> rates, int64_t scale) {
  values_.resize(steps_.size());
  for (size_t i = 0; i < steps_.size(); ++i) values_[i].rows = scale * rates[i].num / rates[i].den;
}

// How far ahead each step must be for those that read it.
void GeometryFinder::set_leads() {
  std::vector<bool> read(steps_.size(), false);
  for (size_t i = steps_.size(); i-- > 0;) {
    BandRows& own = values_[i];
    if (steps_[i].wanted || !read[i]) own.lead = std::max<int64_t>(own.lead, 0);
    const int64_t granule = granule_of(steps_[i]), phase = phase_of(steps_[i]);
    own.lead = -floor_div(-(own.lead + phase), granule) * granule - phase;
    for (const BandRead& from : steps_[i].reads) {
      if (from.maker < 0) continue;
      const auto maker = static_cast<size_t>(from.maker);
      const BandInput& rule = from.rule;
      const int64_t lead = (own.lead + rule.phase) * rule.num / rule.den + rule.after;
      values_[maker].lead = read[maker] ? std::max(values_[maker].lead, lead) : lead;
      read[maker] = true;
    }
  }
}

void GeometryFinder::set_histories() {
  for (size_t i = 0; i < steps_.size(); ++i) {
    for (const BandRead& read : steps_[i].reads) {
      if (read.maker < 0) continue;
      const auto maker = static_cast<size_t>(read.maker);
      BandRows& made = values_[maker];
      made.history = std::max(made.history, made.lead - geometry_.first_row_of(i, read));
      made.read_outside |= reads_outside(steps_[i], read.rule, steps_[maker].height);
    }
  }
}

void GeometryFinder::set_bands() {
  int64_t end = 0;
  for (size_t i = 0; i < steps_.size(); ++i) {
    const BandRows& value = values_[i];
    geometry_.first_band = std::min(geometry_.first_band, floor_div(-value.lead, value.rows));
    if (steps_[i].wanted) {
      end = std::max(end, -floor_div(value.lead - steps_[i].height, value.rows));
    }
  }
  geometry_.bands = end - geometry_.first_band;
}

BandGeometry GeometryFinder::find(int64_t unit, int64_t bytes, int64_t fewest) {
  const auto moderate = [](const auto& each) { return is_moderate(each); };
  if (!std::ranges::all_of(steps_, moderate)) return {};
  const std::vector<Ratio> rates = find_rates(steps_);
  if (rates.empty()) return {};
  const int64_t smallest = smallest_band(steps_, rates, unit);
  if (smallest == 0) return {};
  const auto try_times = [&](int64_t times) {
    set_rows(rates, smallest * times);
    const bool enough = geometry_.fewest_rows() >= fewest;
    return !enough ||
           (geometry_.widest_step(steps_) <= bytes && values_.back().rows < steps_.back().height);
  };
  int64_t times = 1;
  while (try_times(times)) ++times;
  // The first that is too large, unless fewer rows are too few.
  if (times > 1 && geometry_.fewest_rows() > fewest) set_rows(rates, smallest * (times - 1));
  set_leads();
  set_histories();
  set_bands();
  if (!std::ranges::all_of(values_, moderate)) return {};
  return std::move(geometry_);
}

}  // namespace

int64_t BandGeometry::rows_of(size_t at, const BandRead& read) const {
  return values[at].rows * read.rule.num / read.rule.den + read.rule.before + read.rule.after;
}

int64_t BandGeometry::first_row_of(size_t at, const BandRead& read) const {
  const BandInput& rule = read.rule;
  return (values[at].lead + rule.phase) * rule.num / rule.den - rule.before;
}

int64_t BandGeometry::offset_of(size_t at, const BandRead& read) const {
  const BandRows& made = values[static_cast<size_t>(read.maker)];
  return first_row_of(at, read) - (made.lead - made.history);
}

int64_t BandGeometry::fewest_rows() const {
  return std::ranges::min(values, {}, &BandRows::rows).rows;
}

int64_t BandGeometry::widest_step(std::span<const BandShape> steps) const {
  int64_t widest = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    int64_t bytes = values[i].rows * steps[i].row_bytes;
    for (const BandRead& read : steps[i].reads) {
      if (read.maker < 0) continue;
      bytes += rows_of(i, read) * steps[static_cast<size_t>(read.maker)].row_bytes;
    }
    widest = std::max(widest, bytes);
  }
  return widest;
}

BandGeometry find_geometry(std::span<const BandShape> steps, int64_t unit, int64_t bytes,
                           int64_t fewest) {
  return GeometryFinder(steps).find(unit, bytes, fewest);
}

}  // namespace fovea
