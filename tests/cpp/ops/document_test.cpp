// The tables of docs/operators.md say what the operator table says. FOVEA_WRITE_OPERATORS=1 writes
// them anew.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "ops/op.h"

namespace fovea::test {
namespace {

constexpr const char* kDocument = "docs/operators.md";

// What an operator does not do of what ONNX or onnxruntime say; it is an error with a message.
const std::map<std::string_view, std::string_view> kLeftOut = {
    {"Range", "sizes that only a run can tell are found in a plan of their own"},
};

struct NamedSet {
  DTypeSet set;
  std::string_view name;
};

constexpr NamedSet kSets[] = {
    {kAnything, "any value"},
    {kAnyType, "any type"},
    {kFixedSize, "numbers, bool"},
    {kNumbers, "numbers"},
    {kFloats, "floats"},
    {kFloat32And64, "float32, float64"},
    {kWideNumbers, "numbers of 32 and 64 bits"},
    {kIntegers, "integers"},
    {kIndices, "int32, int64"},
};

std::string name_of(DTypeSet set) {
  for (const NamedSet& named : kSets) {
    if (named.set == set) return std::string(named.name);
  }
  return set.to_string();
}

std::string name_of(const TypeVariable& variable, const Meaning& meaning) {
  std::string inputs;
  for (int i = 0; i < 31 && i < meaning.inputs.max; ++i) {
    if (variable.covers(static_cast<size_t>(i))) inputs += text(inputs.empty() ? "" : ", ", i);
  }
  const bool all = meaning.inputs.max == kUnbounded && variable.covers(31);
  if (all) inputs = "all";
  return inputs.empty() ? "" : text(inputs, ": ", name_of(variable.allowed));
}

std::string types_of(const Meaning& meaning) {
  std::string types;
  for (const TypeVariable& variable : meaning.types) {
    if (variable.inputs == 0) continue;
    const std::string name = name_of(variable, meaning);
    if (!name.empty()) types += text(types.empty() ? "" : "; ", name);
  }
  return types;
}

std::string way_of(const OpDef& def) {
  if (def.meaning.function) return "function";
  if (def.cpu.reuse == Reuse::View) return "view";
  if (def.cpu.routine) return "graphs";
  return def.cpu.plan ? "kernel" : def.cpu.compute ? "at once" : "when planning";
}

using Rows = std::map<std::string, std::string>;  // by operator

std::map<std::string, Rows> rows_by_domain() {
  std::map<std::string, Rows> domains;
  for (const OpFamily* family : kOpTable.families()) {
    for (const OpDef& def : *family) {
      if (def.domain == kInternalDomain) continue;
      const std::string versions = def.until == kLatestOpset && def.since != def.until
                                       ? text("from ", def.since)
                                       : text(def.since, " to ", def.until);
      const auto left_out = kLeftOut.find(def.op_type);
      domains[def.domain.empty() ? "ai.onnx" : std::string(def.domain)][std::string(def.op_type)] +=
          text("| ", def.op_type, " | ", versions, " | ", types_of(def.meaning), " | ", way_of(def),
               " | ", left_out == kLeftOut.end() ? "" : left_out->second, " |\n");
    }
  }
  return domains;
}

constexpr std::string_view kFirstTable = "\n## ai.onnx\n";

std::string tables() {
  std::string out;
  for (const auto& [domain, rows] : rows_by_domain()) {
    out += text("\n## ", domain, "\n\n| operator | versions | types | way | left out |\n",
                "|---|---|---|---|---|\n");
    for (const auto& [op_type, row] : rows) out += row;
  }
  return out;
}

std::string read_document() {
  std::ifstream file(kDocument);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Operators, AreDocumented) {
  const std::string written = read_document();
  const size_t first = written.find(kFirstTable);
  ASSERT_NE(first, std::string::npos) << kDocument << " has no tables";
  if (std::getenv("FOVEA_WRITE_OPERATORS")) {
    std::ofstream(kDocument) << written.substr(0, first) << tables();
  }
  EXPECT_EQ(read_document().substr(first), tables()) << "run the test with FOVEA_WRITE_OPERATORS=1";
}

}  // namespace
}  // namespace fovea::test
