#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Strings = std::vector<std::string>;

Tensor vector_of(Strings values) {
  const Shape shape = {std::ssize(values)};
  return Tensor::of_strings(shape, std::move(values));
}

Strings strings_of(const Tensor& tensor) {
  return {tensor.strings().begin(), tensor.strings().end()};
}

TEST(StringConcat, Broadcasts) {
  const auto concat = [](const Tensor& a, const Tensor& b) {
    return run_op({"StringConcat", 20}, {a, b})[0];
  };
  const Tensor rows = Tensor::of_strings({2, 1}, {"a", ""});
  const Tensor out = concat(rows, vector_of({"x", "", "yz"}));
  EXPECT_EQ(out.shape(), (Shape{2, 3}));
  EXPECT_EQ(strings_of(out), (Strings{"ax", "a", "ayz", "x", "", "yz"}));
  EXPECT_EQ(strings_of(concat(Tensor::of_strings({}, {"a"}), Tensor::of_strings({}, {"b"}))),
            Strings{"ab"});
  EXPECT_EQ(concat(vector_of({}), vector_of({"a"})).shape(), Shape{0});
  EXPECT_EQ(error_of([&] {
              concat(vector_of({"a", "b"}), vector_of({"a", "b", "c"}));
            }),
            ErrorCode::InvalidInput);
}

Strings split(const Tensor& in, AttributeList attributes, std::vector<int64_t> counts) {
  const auto out = run_op({"StringSplit", 20, std::move(attributes), 2}, {in});
  EXPECT_EQ(out[1].shape(), in.shape());
  EXPECT_EQ(values_of<int64_t>(out[1]), counts);
  const int64_t width = counts.empty() ? 0 : *std::ranges::max_element(counts);
  EXPECT_EQ(out[0].shape()[out[0].shape().rank() - 1], width);
  return strings_of(out[0]);
}

std::pair<std::string, AttributeValue> at(const std::string& delimiter) {
  return {"delimiter", delimiter};
}
std::pair<std::string, AttributeValue> most(int64_t splits) { return {"maxsplit", splits}; }

TEST(StringSplit, AtADelimiter) {
  const Tensor in = vector_of({"", "a,b", ",", ",a,"});
  EXPECT_EQ(split(in, {at(",")}, {1, 2, 2, 3}),
            (Strings{"", "", "", "a", "b", "", "", "", "", "", "a", ""}));
  EXPECT_EQ(split(in, {at(","), most(1)}, {1, 2, 2, 2}),
            (Strings{"", "", "a", "b", "", "", "", "a,"}));
  EXPECT_EQ(split(in, {at(","), most(0)}, {1, 1, 1, 1}), (Strings{"", "a,b", ",", ",a,"}));
  EXPECT_EQ(split(vector_of({"a,,b,,"}), {at(",,")}, {3}), (Strings{"a", "b", ""}));
  EXPECT_EQ(split(vector_of({"aaa"}), {at("aa")}, {2}), (Strings{"", "a"}));
}

TEST(StringSplit, AtSpaces) {
  const Tensor in = vector_of({"  a b  c ", "", " \t\n", "\u00e4\u00a0\u3000x"});
  EXPECT_EQ(split(in, {}, {3, 0, 0, 2}),
            (Strings{"a", "b", "c", "", "", "", "", "", "", "\u00e4", "x", ""}));
  EXPECT_EQ(split(in, {at(""), most(1)}, {2, 0, 0, 2}),
            (Strings{"a", "b  c", "", "", "", "", "\u00e4", "x"}));
  EXPECT_EQ(split(vector_of({"  a b  c "}), {most(0)}, {1}), Strings{"a b  c"});
  EXPECT_EQ(split(vector_of({"a b", "c"}), {most(5)}, {2, 1}), (Strings{"a", "b", "c", ""}));
}

TEST(StringSplit, Shapes) {
  const auto shape = [](const Tensor& in) { return run_op({"StringSplit", 20}, {in})[0].shape(); };
  EXPECT_EQ(shape(Tensor::of_strings({}, {"a b"})), Shape{2});
  EXPECT_EQ(shape(Tensor::of_strings({2, 1}, {"a b", "a"})), (Shape{2, 1, 2}));
  EXPECT_EQ(shape(Tensor::allocate(DType::String, {3, 0})), (Shape{3, 0, 0}));
  EXPECT_EQ(error_of([&] { shape(vector_of({"a\xff"})); }), ErrorCode::InvalidInput);
}

Strings normalize(const Strings& in, AttributeList attributes) {
  return strings_of(run_op({"StringNormalizer", 10, std::move(attributes)}, {vector_of(in)})[0]);
}

std::pair<std::string, AttributeValue> action(const std::string& name) {
  return {"case_change_action", name};
}
std::pair<std::string, AttributeValue> without(const Strings& words) {
  return {"stopwords", words};
}
const std::pair<std::string, AttributeValue> kSensitive = {"is_case_sensitive", int64_t{1}};

TEST(StringNormalizer, StopwordsAndCases) {
  const Strings in = {"Ab Cd", "cd", "", "CD"};
  EXPECT_EQ(normalize(in, {}), in);
  EXPECT_EQ(normalize(in, {without({"CD"})}), (Strings{"Ab Cd", ""}));
  EXPECT_EQ(normalize(in, {without({"CD"}), kSensitive}), (Strings{"Ab Cd", "cd", ""}));
  EXPECT_EQ(normalize(in, {without({"CD"}), kSensitive, action("UPPER")}),
            (Strings{"AB CD", "CD", ""}));
  EXPECT_EQ(normalize(in, {without({"\u00e9"}), action("LOWER")}),
            (Strings{"ab cd", "cd", "", "cd"}));
  EXPECT_EQ(normalize({"\u00c9"}, {without({"\u00e9"})}), Strings{""});
  // Bytes that are no text are no matter where no case is.
  EXPECT_EQ(normalize({"\xff"}, {without({"CD"}), kSensitive}), Strings{"\xff"});
}

TEST(StringNormalizer, Shapes) {
  const auto shape = [](const Tensor& in) {
    return run_op({"StringNormalizer", 10, {without({"a"})}}, {in})[0].shape();
  };
  EXPECT_EQ(shape(vector_of({"a", "b", "c"})), Shape{2});
  EXPECT_EQ(shape(vector_of({"a"})), Shape{1});
  EXPECT_EQ(shape(vector_of({})), Shape{1});
  EXPECT_EQ(shape(Tensor::of_strings({1, 2}, {"a", "b"})), (Shape{1, 1}));
  EXPECT_EQ(shape(Tensor::of_strings({1, 1}, {"a"})), (Shape{1, 1}));
  for (const Tensor& in : {Tensor::of_strings({}, {"a"}), Tensor::of_strings({2, 1}, {"a", "b"}),
                           Tensor::of_strings({1, 1, 1}, {"a"})}) {
    EXPECT_EQ(error_of([&] { shape(in); }), ErrorCode::InvalidInput);
  }
}

TEST(StringNormalizer, Alphabets) {
  const auto upper = [](const std::string& text) {
    return normalize({text}, {action("UPPER")})[0];
  };
  const auto lower = [](const std::string& text) {
    return normalize({text}, {action("LOWER")})[0];
  };
  const std::pair<std::string, std::string> pairs[] = {
      {"az@[`{", "AZ@[`{"},
      {"\u00e0\u00f6\u00f8\u00fe\u00ff\u00f7", "\u00c0\u00d6\u00d8\u00de\u0178\u00f7"},
      {"\u0101\u0133\u013a\u0148\u014b\u0177\u017a\u017e",
       "\u0100\u0132\u0139\u0147\u014a\u0176\u0179\u017d"},
      {"\u03ac\u03ad\u03af\u03cc\u03cd\u03ce\u03b1\u03c9\u03ca",
       "\u0386\u0388\u038a\u038c\u038e\u038f\u0391\u03a9\u03aa"},
      {"\u0450\u045f\u0430\u044f\u0461\u048b\u04cf\u04c2\u04d1\u052f",
       "\u0400\u040f\u0410\u042f\u0460\u048a\u04c0\u04c1\u04d0\u052e"},
      {"\u0561\u0586\u1e01\u1e95\u1ea1\u1eff\uff41\uff5a",
       "\u0531\u0556\u1e00\u1e94\u1ea0\u1efe\uff21\uff3a"},
      {"\u4e2d\u0e01\U0001f600", "\u4e2d\u0e01\U0001f600"}};
  for (const auto& [small, capital] : pairs) {
    EXPECT_EQ(upper(small), capital);
    EXPECT_EQ(upper(capital), capital);
    EXPECT_EQ(lower(capital), small);
    EXPECT_EQ(lower(small), small);
  }
  // Mapped one way alone.
  EXPECT_EQ(upper("\u00b5\u0131\u017f\u03c2\u00df"), "\u039cIS\u03a3\u00df");
  EXPECT_EQ(lower("\u0130\u1e9e"), "i\u00df");
}

TEST(StringNormalizer, Errors) {
  const auto code = [](const std::string& text, AttributeList attributes) {
    return error_of([&] { normalize({text}, std::move(attributes)); });
  };
  EXPECT_EQ(code("a", {action("SHOUT")}), ErrorCode::MalformedModel);
  for (const std::string unknown : {"\u01c5", "\u10d0", "\u1f00", "\u2c00", "\U00010400"}) {
    EXPECT_EQ(code(unknown, {action("LOWER")}), ErrorCode::UnsupportedAttribute);
    EXPECT_EQ(code(unknown, {without({"a"})}), ErrorCode::UnsupportedAttribute);
    EXPECT_EQ(normalize({unknown}, {without({"a"}), kSensitive}), Strings{unknown});
  }
  const std::pair<std::string, AttributeValue> turkish = {"locale", std::string("tr_TR")};
  EXPECT_EQ(code("I", {action("LOWER"), turkish}), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(normalize({"I"}, {turkish}), Strings{"I"});
  EXPECT_EQ(normalize({"I"}, {action("LOWER"), {"locale", std::string("de_DE")}}), Strings{"i"});
  // No UTF-8: stray and missing bytes, more than are needed, halves of characters, too large.
  for (const std::string bytes : {"\x80", "a\xc3", "\xc3(", "\xc0\x80", "\xe0\x80\x80",
                                  "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_EQ(code(bytes, {action("LOWER")}), ErrorCode::InvalidInput);
  }
}

TEST(EqualOfStrings, Broadcasts) {
  const Tensor rows = Tensor::of_strings({2, 1}, {"a", ""});
  const Tensor out = run_op({"Equal", 19}, {rows, vector_of({"a", "", "ab"})})[0];
  EXPECT_EQ(out.shape(), (Shape{2, 3}));
  EXPECT_EQ(values_of<bool>(out), (std::vector<bool>{true, false, false, false, true, false}));
  EXPECT_EQ(run_op({"Equal", 19}, {vector_of({}), vector_of({})})[0].shape(), Shape{0});
  EXPECT_EQ(error_of([&] {
              run_op({"Equal", 18}, {rows, rows});
            }),
            ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([&] {
              run_op({"Equal", 19}, {rows, Tensor::of<float>({1}, {0})});
            }),
            ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test
