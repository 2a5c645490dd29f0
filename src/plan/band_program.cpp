#include "plan/band_program.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/clock.h"

namespace fovea {
namespace {

// Rows [first, first + count) of an image, counted as in the whole image.
struct Rows {
  std::byte* data;
  int64_t first;
  int64_t count;

  std::byte* at(const BandImage& image, int64_t plane, int64_t row) const {
    return data + (plane * count + row - first) * image.row_bytes;
  }
};

void copy_rows(const BandImage& image, const Rows& from, const Rows& to, int64_t begin,
               int64_t end) {
  if (begin >= end) return;
  const auto bytes = static_cast<size_t>((end - begin) * image.row_bytes);
  for (int64_t plane = 0; plane < image.planes; ++plane) {
    std::memmove(to.at(image, plane, begin), from.at(image, plane, begin), bytes);
  }
}

void clear_rows(const BandImage& image, const Rows& rows, int64_t begin, int64_t end) {
  if (begin >= end) return;
  const auto bytes = static_cast<size_t>((end - begin) * image.row_bytes);
  for (int64_t plane = 0; plane < image.planes; ++plane) {
    std::memset(rows.at(image, plane, begin), image.outside, bytes);
  }
}

// One band of a program.
class BandRun {
 public:
  BandRun(const BandProgram& program, RunContext& run, int64_t part)
      : program_(program),
        run_(run),
        part_(part),
        band_(program.first_band + part),
        windows_(program.steps.size(), nullptr) {}

  void run_step(size_t index);

 private:
  // Where the value's rows are in this band: in its window, or in place in the whole image.
  Rows window(const BandValue& value) const {
    return {run_.scratch() + value.window, value.first_row(band_) - value.history,
            value.window_rows()};
  }
  Rows whole(const BandValue& value) const {
    return {run_.out<std::byte>(value.output), 0, value.image.height};
  }
  bool in_place(const BandValue& value) const {
    const int64_t first = value.first_row(band_);
    return value.output >= 0 && value.image.planes == 1 && value.history == 0 && first >= 0 &&
           first + value.rows <= value.image.height;
  }
  void begin_window(const BandValue& value) const;
  void end_window(const BandValue& value) const;
  std::byte* source(const BandSource& source) const;
  std::byte* load(const BandSource& source) const;

  const BandProgram& program_;
  RunContext& run_;
  int64_t part_;
  int64_t band_;
  std::vector<std::byte*> windows_;  // by step: where its value begins in this band
  std::vector<const std::byte*> inputs_;
};

// Brings the history to its place.
void BandRun::begin_window(const BandValue& value) const {
  if (value.history == 0) return;
  const Rows rows = window(value);
  if (part_ == 0) return clear_rows(value.image, rows, rows.first, value.first_row(band_));
  Rows before = rows;
  if (value.lasts) {
    before.first -= value.rows;
  } else {
    before = {run_.scratch() + value.store, rows.first, value.history};
  }
  copy_rows(value.image, before, rows, rows.first, rows.first + value.history);
}

void BandRun::end_window(const BandValue& value) const {
  if (value.history == 0 || value.lasts) return;
  const Rows rows = window(value);
  const int64_t first = rows.first + value.rows;
  copy_rows(value.image, rows, {run_.scratch() + value.store, first, value.history}, first,
            first + value.history);
}

std::byte* BandRun::load(const BandSource& source) const {
  const BandImage& image = source.image;
  const int64_t first = band_ * source.step + source.first, end = first + source.rows;
  const auto* data = run_.in<std::byte>(static_cast<int>(source.index));
  const Rows from = {const_cast<std::byte*>(data), 0, image.height};
  if (image.planes == 1 && first >= 0 && end <= image.height) return from.at(image, 0, first);
  const Rows to = {run_.scratch() + source.window, first, source.rows};
  const int64_t inside = std::clamp<int64_t>(0, first, end);
  const int64_t outside = std::clamp(image.height, inside, end);
  clear_rows(image, to, first, inside);
  copy_rows(image, from, to, inside, outside);
  clear_rows(image, to, outside, end);
  return to.data;
}

std::byte* BandRun::source(const BandSource& source) const {
  switch (source.kind) {
    case BandSource::Kind::None:
      return nullptr;
    case BandSource::Kind::Whole:
      return const_cast<std::byte*>(run_.in<std::byte>(static_cast<int>(source.index)));
    case BandSource::Kind::Loaded:
      return load(source);
    case BandSource::Kind::Window:
      break;
  }
  const BandValue& value = program_.steps[source.index].value;
  return windows_[source.index] + source.offset * value.image.row_bytes;
}

void BandRun::run_step(size_t index) {
  const BandStep& step = program_.steps[index];
  const BandValue& value = step.value;
  const int64_t first = value.first_row(band_), end = first + value.rows;
  const int64_t begin = std::clamp<int64_t>(0, first, end);
  const int64_t inside = std::clamp(value.image.height, begin, end);
  begin_window(value);

  const Rows rows = window(value), result = whole(value);
  const bool direct = in_place(value);
  std::byte* output = direct ? result.at(value.image, 0, first) : rows.at(value.image, 0, first);
  windows_[index] = direct ? output : rows.data;
  if (begin < inside) {
    inputs_.clear();
    for (const BandSource& from : step.sources) inputs_.push_back(source(from));
    RunContext run(inputs_, std::span(&output, 1), {}, run_.scratch() + step.scratch, run_.pool());
    run.want_rows({begin - first, inside - first});
    step.kernel(run);
  }
  if (value.read_outside) {
    clear_rows(value.image, rows, first, begin);
    clear_rows(value.image, rows, inside, end);
  }
  if (value.output >= 0 && !direct) copy_rows(value.image, rows, result, begin, inside);
  for (const size_t read : step.last_reads) end_window(program_.steps[read].value);
}

}  // namespace

void BandProgram::run(RunContext& run, int64_t part, std::span<double> milliseconds) const {
  BandRun band(*this, run, part);
  auto now = Clock::now();
  for (size_t index = 0; index < steps.size(); ++index) {
    band.run_step(index);
    const auto start = std::exchange(now, Clock::now());
    milliseconds[index] += std::chrono::duration<double, std::milli>(now - start).count();
  }
}

}  // namespace fovea
