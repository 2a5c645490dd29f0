// Operators on text: StringConcat, StringNormalizer, StringSplit.

#include <algorithm>
#include <set>

#include "ops/core/broadcast.h"
#include "ops/core/letters.h"

namespace fovea {
namespace {

constexpr DTypeSet kStrings = {DType::String};

void infer_concat(InferContext& context) {
  context.set_output(0, DType::String, broadcast(context.shape(0), context.shape(1)));
}

void concat(ComputeContext& context) {
  const Shape &a = context.shape(0), &b = context.shape(1);
  const Shape shape = broadcast(a, b);
  const std::vector<int64_t> at_a = broadcast_offsets(a, strides_of(a), shape);
  const std::vector<int64_t> at_b = broadcast_offsets(b, strides_of(b), shape);
  const auto out = context.make<std::string>(0, shape);
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = context.tensor(0).strings()[static_cast<size_t>(at_a[i])] +
             context.tensor(1).strings()[static_cast<size_t>(at_b[i])];
  }
}

using ChangeCase = std::string (*)(std::string_view);

struct Normalizer {
  static Normalizer parse(const Attributes& attributes, int opset);

  ChangeCase change = nullptr;   // null: strings are left as they are
  ChangeCase compare = nullptr;  // what is compared with stop words; null: the string itself
  std::set<std::string> stopwords;
};

Normalizer Normalizer::parse(const Attributes& attributes, int) {
  Normalizer result;
  const std::string action = attributes.get_string("case_change_action", "NONE");
  if (action == "LOWER") {
    result.change = to_lower_case;
  } else if (action == "UPPER") {
    result.change = to_upper_case;
  } else if (action != "NONE") {
    fail(ErrorCode::MalformedModel, "StringNormalizer's case_change_action is '", action,
         "', not LOWER, UPPER or NONE");
  }
  const std::vector<std::string> words = attributes.get_strings("stopwords");
  const bool sensitive = attributes.get_int("is_case_sensitive", 0) != 0;
  if (!sensitive && !words.empty()) result.compare = to_lower_case;
  for (const std::string& word : words) {
    result.stopwords.insert(result.compare ? result.compare(word) : word);
  }
  // Turkic languages have an i with a dot and one without, Lithuanian keeps dots under accents.
  const std::string language = attributes.get_string("locale", "en_US").substr(0, 2);
  const bool has_own_cases = language == "tr" || language == "az" || language == "lt";
  if (has_own_cases && (result.change || result.compare)) {
    fail(ErrorCode::UnsupportedAttribute, "StringNormalizer cannot change cases in the locale '",
         language, "', which has rules of its own");
  }
  return result;
}

void infer_normalizer(InferContext& context) {
  context.attributes_as<Normalizer>();
  const Shape& shape = context.shape(0);
  if (shape.rank() != 1 && !(shape.rank() == 2 && shape[0] == 1)) {
    fail(ErrorCode::InvalidInput, "StringNormalizer takes [C] or [1,C] strings, not ", shape);
  }
  context.set_dynamic_output(0, DType::String);
}

void normalize(ComputeContext& context) {
  const Normalizer& normalizer = context.attributes_as<Normalizer>();
  std::vector<std::string> kept;
  for (const std::string& word : context.tensor(0).strings()) {
    if (normalizer.stopwords.contains(normalizer.compare ? normalizer.compare(word) : word)) {
      continue;
    }
    kept.push_back(normalizer.change ? normalizer.change(word) : word);
  }
  if (kept.empty()) kept.emplace_back();
  Shape shape = {std::ssize(kept)};
  if (context.shape(0).rank() == 2) shape = {1, std::ssize(kept)};
  context.set(0, Tensor::of_strings(std::move(shape), std::move(kept)));
}

void infer_split(InferContext& context) {
  context.set_dynamic_output(0, DType::String);
  context.set_output(1, DType::Int64, context.shape(0));
}

using Parts = std::vector<std::string_view>;

// `most` splits, counted from the left, or all where it is negative.
Parts split_at(std::string_view text, std::string_view delimiter, int64_t most) {
  Parts parts;
  while (most < 0 || std::ssize(parts) < most) {
    const size_t end = text.find(delimiter);
    if (end == std::string_view::npos) break;
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + delimiter.size());
  }
  parts.push_back(text);
  return parts;
}

// The words between spaces; those beyond `most` splits in one piece.
Parts split_words(std::string_view text, int64_t most) {
  struct Word {
    size_t begin, end;
  };
  std::vector<Word> words;
  bool within = false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const bool space = is_space(read_character(text, at));
    if (!space && !within) words.push_back({begin, at});
    if (!space) words.back().end = at;
    within = !space;
  }
  Parts parts;
  for (const Word& word : words) {
    const bool last = most >= 0 && std::ssize(parts) == most;
    const size_t end = last ? words.back().end : word.end;
    parts.push_back(text.substr(word.begin, end - word.begin));
    if (last) break;
  }
  return parts;
}

void split(ComputeContext& context) {
  const std::string delimiter = context.attributes().get_string("delimiter", "");
  const int64_t most = context.attributes().get_int("maxsplit", -1);
  const auto strings = context.tensor(0).strings();
  const auto counts = context.make<int64_t>(1, context.shape(0));
  std::vector<Parts> parts;
  int64_t width = 0;
  for (size_t i = 0; i < strings.size(); ++i) {
    parts.push_back(delimiter.empty() ? split_words(strings[i], most)
                                      : split_at(strings[i], delimiter, most));
    counts[i] = std::ssize(parts[i]);
    width = std::max(width, counts[i]);
  }
  Shape shape = context.shape(0);
  shape.push_back(width);
  const auto out = context.make<std::string>(0, std::move(shape));
  for (size_t i = 0; i < parts.size(); ++i) {
    std::ranges::copy(parts[i], out.begin() + static_cast<std::ptrdiff_t>(i) * width);
  }
}

constexpr OpDef of_strings(std::string_view op_type, int since, int inputs, int outputs,
                           InferRule infer, ComputeRule compute) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.inputs = {inputs, inputs},
                      .outputs = {1, outputs},
                      .types = {type_of_all_inputs(kStrings)},
                      .infer = infer,
                      .element_type = first_like_input<DType::Int64>},
          .cpu = {.compute = compute}};
}

constexpr OpDef kOps[] = {
    of_strings("StringConcat", 20, 2, 1, infer_concat, concat),
    of_strings("StringNormalizer", 10, 1, 1, infer_normalizer, normalize),
    of_strings("StringSplit", 20, 1, 2, infer_split, split),
};

}  // namespace

extern constinit const OpFamily strings_ops = kOps;

}  // namespace fovea
