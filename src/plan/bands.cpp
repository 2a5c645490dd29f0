#include "plan/bands.h"

#include <algorithm>
#include <map>

#include "base/integers.h"
#include "ops/core/outside.h"
#include "plan/arena.h"
#include "plan/band_geometry.h"
#include "plan/band_program.h"

namespace fovea {
namespace {

// Steps a stretch is shortened by one at a time.
constexpr size_t kCloseTries = 4;

// Steps that are tried together: each is looked at in as many stretches at most.
constexpr size_t kLongestStretch = 256;

// Rows of images come in multiples of those of Winograd's tiles, of both sizes where both may be
// used.
int64_t row_unit(Precision precision) { return precision == Precision::Fast ? 12 : 4; }

// A step that can be part of a program.
struct Candidate {
  const Step* step;
  const BandRule* rule;
};

bool is_image(const ValueType& type) {
  return type.shape && type.shape->rank() == 4 && (*type.shape)[0] == 1 && !is_object(type.dtype) &&
         !is_packed(type.dtype) && type.shape->elements() > 0;
}

// Plans a program for a stretch of steps.
class BandPlanner {
 public:
  BandPlanner(const PlanEnvironment& environment, const Segment& segment,
              const std::vector<bool>& wanted, std::span<const Candidate> stretch)
      : environment_(environment), segment_(segment), wanted_(wanted), stretch_(stretch) {
    find_shapes();
  }

  // Of the largest image in between that is not wanted for itself.
  int64_t largest_image() const;
  // nullopt where the steps do not go together.
  std::optional<Step> plan();

 private:
  const ValueType& type(SlotId id) const;
  Form form(SlotId id) const { return segment_.slots[static_cast<size_t>(id)].form; }
  BandImage image_of(SlotId id) const;
  ValueType banded_type(SlotId id, int64_t rows) const;
  SlotId made_by(size_t step) const { return stretch_[step].step->outputs[0]; }

  void find_shapes();
  bool planes_stay_whole() const;
  void add_steps();
  void add_step(size_t at);
  BandSource source_of(size_t at, const BandRead& read);
  size_t input_of(SlotId id);
  void find_last_reads();
  uint64_t place();

  const PlanEnvironment& environment_;
  const Segment& segment_;
  const std::vector<bool>& wanted_;  // by step: read by steps elsewhere, or after the segment
  std::span<const Candidate> stretch_;
  std::vector<BandShape> shapes_;
  BandGeometry geometry_;
  std::map<SlotId, int> outside_;  // of images that are not 0 there
  bool agree_ = true;              // on what is outside
  std::vector<int> last_read_;     // by step: the last that reads its value
  std::shared_ptr<BandProgram> program_ = std::make_shared<BandProgram>();
  Step result_;
};

const ValueType& BandPlanner::type(SlotId id) const {
  const Slot& slot = segment_.slots[static_cast<size_t>(id)];
  return segment_.types[static_cast<size_t>(slot.value)];
}

BandImage BandPlanner::image_of(SlotId id) const {
  const Shape& shape = *type(id).shape;
  const bool plain = form(id).layout == Layout::Plain;
  const auto element = static_cast<int64_t>(element_bytes(type(id).dtype));
  const auto outside = outside_.find(id);
  return {plain ? shape[1] : 1, (plain ? 1 : padded_channels(shape[1])) * shape[3] * element,
          shape[2], outside == outside_.end() ? 0 : outside->second};
}

ValueType BandPlanner::banded_type(SlotId id, int64_t rows) const {
  ValueType banded = type(id);
  (*banded.shape)[2] = rows;
  banded.form = form(id);
  banded.content.reset();
  banded.constant = false;
  return banded;
}

void BandPlanner::find_shapes() {
  std::map<SlotId, int> makers;
  for (size_t at = 0; at < stretch_.size(); ++at) {
    const Step* step = stretch_[at].step;
    const BandRule& rule = *stretch_[at].rule;
    const BandImage image = image_of(made_by(at));
    BandShape shape;
    shape.height = image.height;
    shape.row_bytes = image.bytes(1);
    shape.wanted = wanted_[at];
    for (size_t i = 0; i < rule.inputs.size(); ++i) {
      if (step->inputs[i] == kNoSlot) continue;
      if (rule.inputs[i].whole) continue;
      if (rule.inputs[i].before > 0 || rule.inputs[i].after > 0) {
        const auto outside = static_cast<int>(rule.node.attributes.get_int(kOutsideAttribute, 0));
        agree_ &= outside_.emplace(step->inputs[i], outside).first->second == outside;
      }
      const auto maker = makers.find(step->inputs[i]);
      shape.reads.push_back({i, rule.inputs[i], maker == makers.end() ? -1 : maker->second});
    }
    shapes_.push_back(std::move(shape));
    makers[made_by(at)] = static_cast<int>(at);
  }
}

int64_t BandPlanner::largest_image() const {
  int64_t largest = 0;
  for (const BandShape& shape : shapes_) {
    if (!shape.wanted) largest = std::max(largest, shape.height * shape.row_bytes);
  }
  return largest;
}

// Windows of several planes hold just what is read of them, since kernels take planes without gaps.
bool BandPlanner::planes_stay_whole() const {
  for (size_t at = 0; at < shapes_.size(); ++at) {
    for (const BandRead& read : shapes_[at].reads) {
      if (read.maker < 0) continue;
      const auto maker = static_cast<size_t>(read.maker);
      const BandRows& made = geometry_.values[maker];
      const bool exact = made.history == 0 && geometry_.offset_of(at, read) == 0 &&
                         geometry_.rows_of(at, read) == made.rows;
      if (image_of(made_by(maker)).planes > 1 && !exact) return false;
    }
  }
  return true;
}

size_t BandPlanner::input_of(SlotId id) {
  const auto known = std::ranges::find(result_.inputs, id);
  if (known == result_.inputs.end()) result_.inputs.push_back(id);
  return static_cast<size_t>(std::ranges::find(result_.inputs, id) - result_.inputs.begin());
}

BandSource BandPlanner::source_of(size_t at, const BandRead& read) {
  const SlotId id = stretch_[at].step->inputs[read.input];
  BandSource source;
  source.rows = geometry_.rows_of(at, read);
  if (read.maker >= 0) {
    source.kind = BandSource::Kind::Window;
    source.index = static_cast<size_t>(read.maker);
    source.offset = geometry_.offset_of(at, read);
    return source;
  }
  source.kind = BandSource::Kind::Loaded;
  source.index = input_of(id);
  source.image = image_of(id);
  source.step = geometry_.values[at].rows * read.rule.num / read.rule.den;
  source.first = geometry_.first_row_of(at, read);
  return source;
}

// A band's inputs must make a band.
void check_rule(const Node& node, std::span<const ValueType* const> inputs, const Shape& output) {
  if (infer_node(node, inputs)[0].shape == output) return;
  fail(ErrorCode::Internal, "a band of ", node.op_type, " node '", node.name, "' of ", output,
       " has other inputs");
}

void BandPlanner::add_step(size_t at) {
  const Step* step = stretch_[at].step;
  const BandRule& rule = *stretch_[at].rule;
  const size_t inputs = rule.node.inputs.size();
  BandStep added;
  added.step = *step;
  result_.work.macs = saturating_sum(result_.work.macs, step->work.macs);
  added.sources.resize(inputs);
  std::vector<ValueType> types(inputs);
  std::vector<const ValueType*> type_pointers(inputs, nullptr);
  Forms forms = {std::vector<Form>(inputs), {form(made_by(at))}};
  for (size_t i = 0; i < inputs; ++i) {
    const SlotId id = step->inputs[i];
    if (id == kNoSlot) continue;
    types[i] = type(id);
    types[i].form = form(id);
    forms.accepted[i] = form(id);
    type_pointers[i] = &types[i];
    if (!rule.inputs[i].whole) continue;
    added.sources[i].kind = BandSource::Kind::Whole;
    added.sources[i].index = input_of(id);
  }
  for (const BandRead& read : shapes_[at].reads) {
    added.sources[read.input] = source_of(at, read);
    types[read.input] = banded_type(step->inputs[read.input], geometry_.rows_of(at, read));
  }

  const BandRows& rows = geometry_.values[at];
  const std::array<ValueType, 1> outputs = {banded_type(made_by(at), rows.rows)};
  check_rule(rule.node, type_pointers, *outputs[0].shape);
  CompiledNode compiled =
      compile_node(rule.node, type_pointers, outputs, environment_.machine(), &forms);
  for (size_t i = 0; i < inputs; ++i) {
    if (!compiled.packed.has(i)) segment_.pinned(step->inputs[i]);
  }
  added.kernel = std::move(compiled.kernel);
  added.scratch_bytes = compiled.scratch_bytes;
  BandValue& value = added.value;
  static_cast<BandRows&>(value) = rows;
  value.image = image_of(made_by(at));
  value.lasts = rows.history >= rows.rows;
  if (shapes_[at].wanted) {
    value.output = static_cast<int>(result_.outputs.size());
    result_.outputs.push_back(made_by(at));
  }
  program_->steps.push_back(std::move(added));
}

void BandPlanner::find_last_reads() {
  last_read_.resize(stretch_.size());
  for (size_t at = 0; at < shapes_.size(); ++at) {
    last_read_[at] = static_cast<int>(at);
    for (const BandRead& read : shapes_[at].reads) {
      if (read.maker >= 0) last_read_[static_cast<size_t>(read.maker)] = static_cast<int>(at);
    }
  }
  for (size_t at = 0; at < last_read_.size(); ++at) {
    program_->steps[static_cast<size_t>(last_read_[at])].last_reads.push_back(at);
  }
}

// Gives windows, loaded rows and kernels' scratch their places; returns the bytes of all.
uint64_t BandPlanner::place() {
  const int end = static_cast<int>(stretch_.size());
  std::vector<Block> blocks;
  std::vector<uint64_t*> offsets;
  const auto add = [&](int64_t bytes, int first, int last, uint64_t& offset) {
    blocks.push_back({static_cast<uint64_t>(bytes), first, last, 0});
    offsets.push_back(&offset);
  };
  for (int at = 0; at < end; ++at) {
    BandStep& step = program_->steps[static_cast<size_t>(at)];
    BandValue& value = step.value;
    const int64_t window = value.image.bytes(value.window_rows());
    if (value.lasts) {
      add(window, 0, end, value.window);
    } else {
      add(window, at, last_read_[static_cast<size_t>(at)], value.window);
      if (value.history > 0) add(value.image.bytes(value.history), 0, end, value.store);
    }
    for (BandSource& source : step.sources) {
      if (source.kind != BandSource::Kind::Loaded) continue;
      add(source.image.bytes(source.rows), at, at, source.window);
    }
    add(static_cast<int64_t>(step.scratch_bytes), at, at, step.scratch);
  }
  const uint64_t bytes = assign_offsets(blocks);
  for (size_t i = 0; i < blocks.size(); ++i) *offsets[i] = blocks[i].offset;
  return bytes;
}

std::optional<Step> BandPlanner::plan() {
  const BandLimits& limits = environment_.bands;
  const int64_t threads = environment_.pool.size();
  geometry_ = find_geometry(shapes_, row_unit(environment_.precision), limits.cache_bytes,
                            threads * limits.fewest_rows);
  if (!agree_ || geometry_.values.empty() || !planes_stay_whole()) return std::nullopt;
  // Several threads would wait for each other more often than the cache saves them.
  const bool fast = threads == 1 && geometry_.widest_step(shapes_) <= limits.cache_bytes;
  if (!fast && largest_image() <= limits.largest_whole) return std::nullopt;
  for (size_t at = 0; at < stretch_.size(); ++at) add_step(at);
  find_last_reads();
  program_->first_band = geometry_.first_band;
  program_->bands = geometry_.bands;
  result_.scratch_bytes = place();
  result_.bands = std::move(program_);
  return std::move(result_);
}

// The rule by which a step can be cut; nullopt for those that cannot.
std::optional<BandRule> rule_of(const Segment& segment, const Step& step) {
  const auto bands = step.node->def->cpu.bands;
  if (!bands || step.outputs.size() != 1 || step.outputs[0] == kNoSlot) return std::nullopt;
  const auto type_of = [&](SlotId id) {
    const Slot& slot = segment.slots[static_cast<size_t>(id)];
    ValueType type = segment.types[static_cast<size_t>(slot.value)];
    type.form = slot.form;
    return type;
  };
  const ValueType output = type_of(step.outputs[0]);
  if (!is_image(output)) return std::nullopt;
  std::vector<ValueType> types;
  types.reserve(step.inputs.size());
  std::vector<const ValueType*> pointers;
  for (const SlotId id : step.inputs) {
    if (id != kNoSlot) types.push_back(type_of(id));
    pointers.push_back(id == kNoSlot ? nullptr : &types.back());
    if (id != kNoSlot && !types.back().shape) return std::nullopt;
  }
  auto rule = bands(NodeContext(*step.node, pointers), *output.shape);
  if (!rule) return std::nullopt;
  for (size_t i = 0; i < rule->inputs.size(); ++i) {
    const bool image = step.inputs[i] != kNoSlot && is_image(*pointers[i]);
    if (step.inputs[i] != kNoSlot && !rule->inputs[i].whole && !image) return std::nullopt;
  }
  return rule;
}

// Who reads the slots of a segment.
class SlotReads {
 public:
  SlotReads(const Segment& segment, const std::vector<bool>& kept)
      : steps_(segment.steps),
        counts_(segment.slots.size(), 0),
        later_(segment.slots.size(), false) {
    for (const Step& step : steps_) count(step, 1);
    for (size_t id = 0; id < segment.slots.size(); ++id) {
      const Slot& slot = segment.slots[id];
      // The caller reads plain values, a later segment either.
      const bool may_be_read = slot.form == Form() || !segment.awaited.empty();
      if (kept[static_cast<size_t>(slot.value)] && may_be_read) later_[id] = true;
      if (slot.shares != kNoSlot) later_[static_cast<size_t>(slot.shares)] = true;
    }
  }

  // By step of [begin, end): whether what it makes is read by steps outside, or after the segment.
  std::vector<bool> wanted(size_t begin, size_t end) {
    for (size_t at = begin; at < end; ++at) count(steps_[at], -1);
    std::vector<bool> wanted;
    for (size_t at = begin; at < end; ++at) {
      const auto id = static_cast<size_t>(steps_[at].outputs[0]);
      wanted.push_back(later_[id] || counts_[id] > 0);
    }
    for (size_t at = begin; at < end; ++at) count(steps_[at], 1);
    return wanted;
  }

 private:
  void count(const Step& step, int reads) {
    for (const SlotId id : step.inputs) {
      if (id != kNoSlot) counts_[static_cast<size_t>(id)] += reads;
    }
  }

  const std::vector<Step>& steps_;
  std::vector<int> counts_;  // by slot: reads by steps
  std::vector<bool> later_;  // by slot: read after the segment
};

// Of output 0 as a whole; 0 where that is not known or there is none.
int64_t output_bytes(const Segment& segment, const Step& step) {
  if (step.outputs.empty() || step.outputs[0] == kNoSlot) return 0;
  const SlotId id = step.outputs[0];
  const Slot& slot = segment.slots[static_cast<size_t>(id)];
  const ValueType& type = segment.types[static_cast<size_t>(slot.value)];
  if (!type.shape) return 0;
  return static_cast<int64_t>(bytes_of(type.dtype, *type.shape, slot.form));
}

// Steps from `begin` on that can be cut, as long as none needs all of what another makes, up to
// one (but the first) whose image may as well be whole.
std::vector<Candidate> stretch_from(const Segment& segment,
                                    std::span<const std::optional<BandRule>> rules, size_t begin,
                                    int64_t small) {
  std::vector<Candidate> stretch;
  std::vector<SlotId> made;
  const size_t end = std::min(begin + kLongestStretch, rules.size());
  for (size_t at = begin; at < end && rules[at]; ++at) {
    const Step& step = segment.steps[at];
    for (size_t i = 0; i < rules[at]->inputs.size(); ++i) {
      const SlotId id = step.inputs[i];
      // The rows of a view are not those of what it shows.
      const SlotId shown = id == kNoSlot ? kNoSlot : segment.slots[static_cast<size_t>(id)].shares;
      const SlotId all = rules[at]->inputs[i].whole ? id : shown;
      if (all != kNoSlot && std::ranges::find(made, all) != made.end()) return stretch;
    }
    made.push_back(step.outputs[0]);
    stretch.push_back({&step, &*rules[at]});
    if (output_bytes(segment, step) <= small && stretch.size() > 1) break;
  }
  return stretch;
}

// A function of its own, which is compiled where images are large only.
[[gnu::noinline]] void cut_into_bands(const PlanEnvironment& environment, Segment& segment,
                                      const std::vector<bool>& kept) {
  const int64_t small = environment.bands.fast_whole;
  std::vector<std::optional<BandRule>> rules;
  for (const Step& step : segment.steps) rules.push_back(rule_of(segment, step));
  SlotReads reads(segment, kept);
  std::vector<Step> steps;
  for (size_t begin = 0; begin < segment.steps.size();) {
    std::vector<Candidate> stretch = stretch_from(segment, rules, begin, small);
    const size_t longest = stretch.size();
    size_t taken = 0;
    // Where its last steps do not go together with the others, a shorter one may.
    while (stretch.size() > 1 && taken == 0) {
      const auto wanted = reads.wanted(begin, begin + stretch.size());
      BandPlanner planner(environment, segment, wanted, stretch);
      if (planner.largest_image() <= small) break;
      if (auto program = planner.plan()) {
        steps.push_back(std::move(*program));
        taken = stretch.size();
      } else {
        const bool near = stretch.size() + kCloseTries > longest;
        stretch.resize(near ? stretch.size() - 1 : stretch.size() / 2);
      }
    }
    if (taken == 0) steps.push_back(segment.steps[begin]);
    begin += std::max<size_t>(taken, 1);
  }
  segment.steps = std::move(steps);
}

}  // namespace

void form_bands(const PlanEnvironment& environment, Segment& segment,
                const std::vector<bool>& kept) {
  const int64_t small = environment.bands.fast_whole;
  const auto is_large = [&](const Step& step) { return output_bytes(segment, step) > small; };
  if (std::ranges::any_of(segment.steps, is_large)) cut_into_bands(environment, segment, kept);
}

}  // namespace fovea
