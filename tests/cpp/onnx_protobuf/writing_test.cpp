#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "onnx/edit.h"
#include "onnx/encode.h"
#include "onnx_protobuf/facts.h"
#include "onnx_protobuf/protobuf.h"
#include "onnx_protobuf/random_message.h"
#include "support/mutate.h"
#include "support/onnx_writer.h"
#include "support/sample_models.h"

// What is written, as libprotobuf with the official onnx.proto reads it, field by field.
namespace fovea {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;
using test::Protobuf;

std::string encoded(const std::string& bytes) {
  return onnx::encode(onnx::decode(test::as_bytes(bytes)));
}

testing::AssertionResult survives_encoding(const std::string& bytes) {
  const auto expected = Protobuf::instance().parse(bytes);
  const auto actual = Protobuf::instance().parse(encoded(bytes));
  if (!expected || !actual) return testing::AssertionFailure() << "does not parse";
  return test::agree(test::facts_of(*expected), test::facts_of(*actual));
}

std::vector<std::string> real_models() {
  std::vector<std::string> out = test::sample_models();
  for (const char* folder : {FOVEA_MODELS_FOLDER, FOVEA_TEST_DATA_FOLDER}) {
    for (const auto& path : test::models_below(folder)) out.push_back(test::read_file(path));
  }
  return out;
}

// What edits do, by reflection.
class Reflected {
 public:
  explicit Reflected(Message& message) : message_(message) {}

  const FieldDescriptor* field(const std::string& name) const {
    return message_.GetDescriptor()->FindFieldByName(name);
  }
  int size(const std::string& name) const { return in().FieldSize(message_, field(name)); }
  Reflected at(const std::string& name, int index) const {
    return Reflected(*in().MutableRepeatedMessage(&message_, field(name), index));
  }
  Reflected child(const std::string& name) const {
    return Reflected(*in().MutableMessage(&message_, field(name)));
  }
  Reflected add(const std::string& name) const {
    return Reflected(*in().AddMessage(&message_, field(name)));
  }
  // The name in a message that need not be there.
  std::string name_of(const std::string& name) const {
    return in().HasField(message_, field(name)) ? child(name).text("name") : "";
  }
  std::string text(const std::string& name) const { return in().GetString(message_, field(name)); }
  void set(const std::string& name, const std::string& value) const {
    in().SetString(&message_, field(name), value);
  }
  void set(const std::string& name, int64_t value) const {
    in().SetInt64(&message_, field(name), value);
  }
  void set_all(const std::string& name, const std::vector<std::string>& values) const {
    in().ClearField(&message_, field(name));
    for (const std::string& value : values) in().AddString(&message_, field(name), value);
  }
  void clear(const std::string& name) const { in().ClearField(&message_, field(name)); }
  void parse(const std::string& bytes) const { message_.ParseFromString(bytes); }

  // Removes the elements of a repeated message that are to go.
  template <class Goes>
  void remove(const std::string& name, Goes goes) const {
    for (int i = size(name) - 1; i >= 0; --i) {
      if (!goes(at(name, i))) continue;
      for (int j = i; j + 1 < size(name); ++j) in().SwapElements(&message_, field(name), j, j + 1);
      in().RemoveLast(&message_, field(name));
    }
  }

  // Moves the last element of a repeated message to a place.
  void move_last(const std::string& name, int to) const {
    for (int j = size(name) - 1; j > to; --j) {
      in().SwapElements(&message_, field(name), j, j - 1);
    }
  }

 private:
  const google::protobuf::Reflection& in() const { return *message_.GetReflection(); }

  Message& message_;
};

// A random edit of a model, done to the message as well.
onnx::ModelEdit random_edit(test::RandomMessages& random, const Reflected& model) {
  onnx::ModelEdit edit;
  if (random.below(2)) model.set("ir_version", *(edit.ir_version = 9));
  if (random.below(2)) model.set("producer_name", *(edit.producer_name = "somebody"));
  if (random.below(2)) model.set("producer_version", *(edit.producer_version = ""));
  if (random.below(2)) model.set("doc_string", *(edit.doc_string = "words"));
  if (random.below(2)) {
    edit.opset_imports["somewhere"] = 300;
    const Reflected opset = model.add("opset_import");
    opset.set("domain", "somewhere");
    opset.set("version", 300);
  }
  edit.metadata["written"] = "value";
  const Reflected entry = model.add("metadata_props");
  entry.set("key", "written");
  entry.set("value", "value");
  if (model.size("metadata_props") > 1) {
    const std::string key = model.at("metadata_props", 0).text("key");
    edit.metadata[key] = std::nullopt;
    model.remove("metadata_props", [&](const Reflected& e) { return e.text("key") == key; });
  }
  return edit;
}

void edit_graph(test::RandomMessages& random, const Reflected& graph, onnx::GraphEdit& edit) {
  onnx::ValueInfo info;
  info.name = "added";
  onnx::Node node;
  node.op_type = "Relu";
  node.inputs = {"added"};

  edit.nodes[0].removed = true;
  edit.nodes[0].before = {encode(node)};
  edit.nodes[1].inputs = {"x", "", "y"};
  edit.nodes[1].outputs = std::vector<std::string>{};
  edit.nodes[1].after = {encode(node)};
  graph.at("node", 1).set_all("input", {"x", "", "y"});
  graph.at("node", 1).set_all("output", {});
  graph.at("node", 0).parse(encode(node));
  graph.add("node").parse(encode(node));
  graph.move_last("node", 2);

  const std::string removed = graph.at("initializer", 1).text("name");
  edit.removed_initializers = {removed};
  graph.remove("initializer", [&](const Reflected& t) { return t.text("name") == removed; });
  graph.remove("sparse_initializer",
               [&](const Reflected& t) { return t.name_of("values") == removed; });
  const std::string info_removed = graph.at("value_info", 0).text("name");
  edit.removed_value_infos = {info_removed};
  graph.remove("value_info", [&](const Reflected& v) { return v.text("name") == info_removed; });

  edit.value_infos = {encode(info)};
  graph.add("value_info").parse(encode(info));
  edit.quantization_annotations = {""};
  graph.add("quantization_annotation");
  if (random.below(2)) {
    edit.inputs = {encode(info), encode(info)};
    graph.clear("input");
    for (int i = 0; i < 2; ++i) graph.add("input").parse(encode(info));
  }
  if (random.below(2)) {
    edit.outputs = std::vector<std::string>{};
    graph.clear("output");
  }
}

TEST(Encoding, RealModels) {
  const std::vector<std::string> models = real_models();
  ASSERT_GT(models.size(), 50u);
  for (const std::string& bytes : models) EXPECT_TRUE(survives_encoding(bytes));
}

TEST(Encoding, RandomModels) {
  test::RandomMessages random(3);
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE(survives_encoding(random.model()->SerializeAsString())) << "case " << i;
  }
}

TEST(Encoding, DamagedModels) {
  const std::vector<std::string> models = test::sample_models();
  test::Mutator mutate(11);
  int compared = 0;
  for (int i = 0; i < 3'000; ++i) {
    const std::string bytes = mutate(models[mutate.below(models.size())]);
    try {
      encoded(bytes);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
      EXPECT_THROW(onnx::edit(test::as_bytes(bytes), {}), Error);
      continue;
    }
    EXPECT_EQ(onnx::edit(test::as_bytes(bytes), {}), bytes);
    if (!Protobuf::instance().parse(bytes)) continue;
    EXPECT_TRUE(survives_encoding(bytes)) << "case " << i;
    ++compared;
  }
  EXPECT_GT(compared, 100);
}

TEST(Editing, WithoutChangesGivesTheSameBytes) {
  for (const std::string& bytes : real_models()) {
    EXPECT_TRUE(onnx::edit(test::as_bytes(bytes), {}) == bytes);
  }
}

TEST(Editing, ChangesWhatItNamesAndNothingElse) {
  test::RandomMessages random(5);
  for (int i = 0; i < 300; ++i) {
    const auto message = random.model();
    const std::string bytes = message->SerializeAsString();
    EXPECT_TRUE(onnx::edit(test::as_bytes(bytes), {}) == bytes);
    const Reflected model(*message);
    onnx::ModelEdit edit = random_edit(random, model);
    if (random.below(2)) edit_graph(random, model.child("graph"), edit.graph);

    const auto edited = Protobuf::instance().parse(onnx::edit(test::as_bytes(bytes), edit));
    ASSERT_TRUE(edited) << "case " << i;
    MessageDifferencer differ;
    std::string differences;
    differ.ReportDifferencesToString(&differences);
    EXPECT_TRUE(differ.Compare(*message, *edited)) << "case " << i << '\n' << differences;
  }
}

}  // namespace
}  // namespace fovea
