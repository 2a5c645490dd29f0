#include "import/node_order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"

namespace fovea {
namespace {

using Names = std::vector<std::string_view>;

// A cycle of thousands of nodes would make a message that nobody reads.
constexpr size_t kNamedNodes = 8;

void add_reads(const onnx::Node& node, Names& reads);

// What a subgraph reads and does not define itself.
void add_reads(const onnx::Graph& graph, Names& reads) {
  std::set<std::string_view> own;
  for (const onnx::Tensor& tensor : graph.initializers) own.insert(tensor.name);
  for (const onnx::ValueInfo& input : graph.inputs) own.insert(input.name);
  Names inner;
  for (const onnx::Node& node : graph.nodes) {
    own.insert(node.outputs.begin(), node.outputs.end());
    add_reads(node, inner);
  }
  for (const onnx::ValueInfo& output : graph.outputs) inner.push_back(output.name);
  std::ranges::copy_if(inner, std::back_inserter(reads),
                       [&](std::string_view name) { return !own.contains(name); });
}

void add_reads(const onnx::Node& node, Names& reads) {
  for (const std::string_view input : node.inputs) {
    if (!input.empty()) reads.push_back(input);
  }
  for (const onnx::Attribute& attribute : node.attributes) {
    if (attribute.g) add_reads(*attribute.g, reads);
  }
}

std::string describe(const onnx::Node& node) {
  if (!node.name.empty()) return std::string(node.name);
  const auto output = std::ranges::find_if(node.outputs, [](auto name) { return !name.empty(); });
  return output == node.outputs.end() ? std::string(node.op_type)
                                      : text(node.op_type, " of '", *output, "'");
}

// Which nodes of a list read which others' results, by index.
class Dependencies {
 public:
  explicit Dependencies(const std::vector<onnx::Node>& nodes);

  std::vector<const onnx::Node*> sorted() const;

 private:
  [[noreturn]] void fail_cycle(const std::vector<size_t>& awaited) const;

  const std::vector<onnx::Node>& nodes_;
  std::vector<std::vector<size_t>> makers_;   // by node: whose results it reads
  std::vector<std::vector<size_t>> readers_;  // by node: who reads its results
};

Dependencies::Dependencies(const std::vector<onnx::Node>& nodes)
    : nodes_(nodes), makers_(nodes.size()), readers_(nodes.size()) {
  std::map<std::string_view, size_t> maker_of;
  for (size_t at = 0; at < nodes.size(); ++at) {
    for (const std::string_view output : nodes[at].outputs) {
      if (!output.empty()) maker_of.emplace(output, at);
    }
  }
  Names reads;
  for (size_t at = 0; at < nodes.size(); ++at) {
    reads.clear();
    add_reads(nodes[at], reads);
    for (const std::string_view name : reads) {
      const auto maker = maker_of.find(name);
      if (maker == maker_of.end()) continue;
      makers_[at].push_back(maker->second);
      readers_[maker->second].push_back(at);
    }
  }
}

std::vector<const onnx::Node*> Dependencies::sorted() const {
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  std::vector<size_t> awaited(nodes_.size());  // results that are not there yet
  for (size_t at = 0; at < nodes_.size(); ++at) {
    awaited[at] = makers_[at].size();
    if (awaited[at] == 0) ready.push(at);
  }
  std::vector<const onnx::Node*> order;
  while (!ready.empty()) {
    const size_t at = ready.top();
    ready.pop();
    order.push_back(&nodes_[at]);
    for (const size_t reader : readers_[at]) {
      if (--awaited[reader] == 0) ready.push(reader);
    }
  }
  if (order.size() < nodes_.size()) fail_cycle(awaited);
  return order;
}

void Dependencies::fail_cycle(const std::vector<size_t>& awaited) const {
  const auto waits = [&](size_t at) { return awaited[at] > 0; };
  // Whoever waits reads from one that waits: going from one to the next ends on a cycle.
  std::vector<size_t> trail;
  std::vector<bool> seen(nodes_.size(), false);
  size_t at = static_cast<size_t>(std::ranges::find_if(awaited, [](size_t n) { return n > 0; }) -
                                  awaited.begin());
  while (!seen[at]) {
    seen[at] = true;
    trail.push_back(at);
    at = *std::ranges::find_if(makers_[at], waits);
  }
  trail.erase(trail.begin(), std::ranges::find(trail, at));

  std::string names;
  for (size_t i = 0; i < std::min(trail.size(), kNamedNodes); ++i) {
    names += text(i == 0 ? "" : ", ", describe(nodes_[trail[i]]));
  }
  if (trail.size() > kNamedNodes) names += text(" and ", trail.size() - kNamedNodes, " more");
  throw Error(ErrorCode::MalformedModel,
              text("nodes read each other's results in a cycle: ", names))
      .with("node", names);
}

}  // namespace

std::vector<const onnx::Node*> sorted(const std::vector<onnx::Node>& nodes) {
  return Dependencies(nodes).sorted();
}

}  // namespace fovea
