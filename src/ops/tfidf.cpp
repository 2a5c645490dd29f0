// TfIdfVectorizer: how often sequences of tokens are found in others.

#include <algorithm>
#include <limits>
#include <map>

#include "ops/op.h"

namespace fovea {
namespace {

// A sequence of tokens, each by its number.
using Gram = std::vector<int64_t>;

struct Vectorizer {
  static Vectorizer parse(const Attributes& attributes, int opset);

  int64_t shortest = 1;
  int64_t longest = 1;
  int64_t skips = 0;
  int64_t columns = 0;
  bool counts = true;              // else only whether a sequence is there
  std::vector<float> weights;      // by pool order
  std::vector<int64_t> column_of;  // by pool order
  std::map<Gram, size_t> pool;     // where it is in pool order
  bool of_strings = false;
  std::map<std::string, int64_t, std::less<>> numbers;  // of tokens that are strings

 private:
  void read_mode(const Attributes& attributes);
  std::vector<int64_t> read_tokens(const Attributes& attributes);
  void read_pool(const Attributes& attributes);
};

// Throws unless a condition is met by a node's attributes.
void require(bool met, std::string_view what) {
  if (!met) fail(ErrorCode::MalformedModel, "TfIdfVectorizer needs ", what);
}

Vectorizer Vectorizer::parse(const Attributes& attributes, int) {
  Vectorizer result;
  result.shortest = attributes.get_int("min_gram_length", 0);
  result.longest = attributes.get_int("max_gram_length", 0);
  result.skips = attributes.get_int("max_skip_count", 0);
  require(result.shortest > 0 && result.longest >= result.shortest && result.skips >= 0,
          "1 <= min_gram_length <= max_gram_length and max_skip_count >= 0");
  result.read_pool(attributes);
  result.read_mode(attributes);
  return result;
}

void Vectorizer::read_mode(const Attributes& attributes) {
  const std::string mode = attributes.get_string("mode", "");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF") {
    fail(ErrorCode::MalformedModel, "TfIdfVectorizer's mode is '", mode, "', not TF, IDF or TFIDF");
  }
  counts = mode != "IDF";
  weights = attributes.get_floats("weights");
  require(weights.empty() || weights.size() == column_of.size(), "a weight for each n-gram");
  if (mode == "TF" || weights.empty()) weights.assign(column_of.size(), 1.0f);
}

std::vector<int64_t> Vectorizer::read_tokens(const Attributes& attributes) {
  std::vector<int64_t> tokens = attributes.get_ints("pool_int64s");
  const std::vector<std::string> strings = attributes.get_strings("pool_strings");
  of_strings = !strings.empty();
  require(of_strings == tokens.empty(), "either pool_strings or pool_int64s");
  for (const std::string& token : strings) {
    tokens.push_back(numbers.try_emplace(token, std::ssize(numbers)).first->second);
  }
  return tokens;
}

// The pool has all n-grams of one token, then those of two, and so on.
void Vectorizer::read_pool(const Attributes& attributes) {
  const std::vector<int64_t> tokens = read_tokens(attributes);
  std::vector<int64_t> begins = attributes.get_ints("ngram_counts");
  column_of = attributes.get_ints("ngram_indexes");
  require(longest <= std::ssize(begins), "ngram_counts for every length of n-grams");
  begins.push_back(std::ssize(tokens));
  size_t next = 0;
  for (size_t length = 1; length < begins.size(); ++length) {
    const int64_t begin = begins[length - 1], end = begins[length];
    const auto each = static_cast<int64_t>(length);
    const bool ordered = begin >= 0 && begin <= end && end <= std::ssize(tokens);
    require(ordered && (end - begin) % each == 0, "ngram_counts that divide its pool into n-grams");
    for (int64_t at = begin; at < end; at += each, ++next) {
      const Gram gram(tokens.begin() + at, tokens.begin() + at + each);
      const bool in_use = each >= shortest && each <= longest;
      if (in_use) require(pool.emplace(gram, next).second, "n-grams that differ");
    }
  }
  require(next == column_of.size(), "ngram_indexes for each n-gram of its pool");
  for (const int64_t column : column_of) {
    require(column >= 0 && column < std::numeric_limits<int64_t>::max(), "ngram_indexes >= 0");
    columns = std::max(columns, column + 1);
  }
}

void infer_vectorizer(InferContext& context) {
  const Vectorizer& vectorizer = context.attributes_as<Vectorizer>();
  const Shape& shape = context.shape(0);
  if (vectorizer.of_strings != (context.dtype(0) == DType::String)) {
    fail(ErrorCode::InvalidInput, "TfIdfVectorizer of ", name_of(context.dtype(0)),
         " has n-grams of ", vectorizer.of_strings ? "strings" : "integers");
  }
  if (shape.rank() != 1 && shape.rank() != 2) {
    fail(ErrorCode::InvalidInput, "TfIdfVectorizer takes [C] or [N,C] tokens, not ", shape);
  }
  Shape out = {vectorizer.columns};
  if (shape.rank() == 2) out = {shape[0], vectorizer.columns};
  context.set_output(0, DType::Float, std::move(out));
}

// Those that no n-gram has are -1, where tokens are strings.
std::vector<int64_t> tokens_of(const Tensor& tensor, const Vectorizer& vectorizer) {
  if (!vectorizer.of_strings) return to_int64s(tensor);
  std::vector<int64_t> tokens;
  for (const std::string& token : tensor.strings()) {
    const auto known = vectorizer.numbers.find(token);
    tokens.push_back(known == vectorizer.numbers.end() ? -1 : known->second);
  }
  return tokens;
}

// How often each n-gram of the pool is found in a row.
std::vector<int64_t> count_grams(const Vectorizer& vectorizer, std::span<const int64_t> row) {
  std::vector<int64_t> found(vectorizer.column_of.size());
  const int64_t size = std::ssize(row);
  for (int64_t length = vectorizer.shortest; length <= std::min(vectorizer.longest, size);
       ++length) {
    // The longest steps that a row has room for; one token has nothing between its tokens to skip.
    const int64_t longest = length == 1 ? 1 : (size - 1) / (length - 1);
    Gram gram(static_cast<size_t>(length));
    for (int64_t step = 1; step <= longest && step - 1 <= vectorizer.skips; ++step) {
      for (int64_t first = 0; first + step * (length - 1) < size; ++first) {
        for (int64_t i = 0; i < length; ++i) {
          gram[static_cast<size_t>(i)] = row[static_cast<size_t>(first + i * step)];
        }
        const auto known = vectorizer.pool.find(gram);
        if (known != vectorizer.pool.end()) ++found[known->second];
      }
    }
  }
  return found;
}

void vectorize(ComputeContext& context) {
  const Vectorizer& vectorizer = context.attributes_as<Vectorizer>();
  const Shape& shape = context.shape(0);
  const bool is_matrix = shape.rank() == 2;
  const int64_t rows = is_matrix ? shape[0] : 1, tokens_each = shape[is_matrix ? 1 : 0];
  const std::vector<int64_t> tokens = tokens_of(context.tensor(0), vectorizer);
  Shape out_shape = {vectorizer.columns};
  if (is_matrix) out_shape = {rows, vectorizer.columns};
  const auto out = context.make<float>(0, std::move(out_shape));
  std::ranges::fill(out, 0.0f);
  for (int64_t row = 0; row < rows; ++row) {
    const auto found = count_grams(
        vectorizer, {tokens.data() + row * tokens_each, static_cast<size_t>(tokens_each)});
    for (size_t i = 0; i < found.size(); ++i) {
      const int64_t count = vectorizer.counts ? found[i] : std::min<int64_t>(found[i], 1);
      const int64_t column = row * vectorizer.columns + vectorizer.column_of[i];
      out[static_cast<size_t>(column)] += static_cast<float>(count) * vectorizer.weights[i];
    }
  }
}

constexpr OpDef kOps[] = {
    {.op_type = "TfIdfVectorizer",
     .since = 9,
     .meaning = {.types = {type_of_input(0, kIndices | DTypeSet{DType::String})},
                 .infer = infer_vectorizer,
                 .element_type = always<DType::Float>},
     .cpu = {.compute = vectorize}},
};

}  // namespace

extern constinit const OpFamily tfidf_ops = kOps;

}  // namespace fovea
