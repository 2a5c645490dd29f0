// docs/operators.md says what the operator table says. FOVEA_WRITE_OPERATORS=1 writes it anew.

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

std::string document() {
  std::string out =
      "# Operators\n\n"
      "Written from the engine's operator table by a test (`tests/cpp/ops/document_test.cpp`).\n\n"
      "- **Versions** are the opsets of the domain that a model may import.\n"
      "- **Types** are those of the inputs, by number. float16 and bfloat16 are read, computed in\n"
      "  float32 and rounded where the model's outputs or its own Casts say so.\n"
      "- **Way**: a *kernel*; a *function* of other operators; *at once*, from tensors to "
      "tensors,\n"
      "  for what no network waits for; *graphs*, which the node has computed; a *view* of its "
      "input;\n"
      "  or known *when planning*.\n"
      "- A model with an operator or version that is not here is refused when it is loaded, all "
      "such\n"
      "  nodes by name. `checkModel()` says so without loading.\n";
  for (const auto& [domain, rows] : rows_by_domain()) {
    out += text("\n## ", domain, "\n\n| operator | versions | types | way | left out |\n",
                "|---|---|---|---|---|\n");
    for (const auto& [op_type, row] : rows) out += row;
  }
  return out;
}

TEST(Operators, AreDocumented) {
  if (std::getenv("FOVEA_WRITE_OPERATORS")) std::ofstream(kDocument) << document();
  std::ifstream file(kDocument);
  std::ostringstream written;
  written << file.rdbuf();
  EXPECT_EQ(written.str(), document()) << "run the test with FOVEA_WRITE_OPERATORS=1";
}

}  // namespace
}  // namespace fovea::test
