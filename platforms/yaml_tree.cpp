// SPDX-License-Identifier: Apache-2.0
#include "platforms/yaml_tree.h"

#include "platforms/text_check.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <utility>

namespace iommusim::platforms {
namespace {

/// Builds the tree from the parser's events: the only place that knows yaml-cpp.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string file) : file_{std::move(file)} { root_.position = {file_, 1, 1}; }

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    open(mark, YamlNode::Kind::null, anchor);
    close();
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& text) override {
    open(mark, YamlNode::Kind::scalar, anchor).text = text;
    close();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, YamlNode::Kind::sequence, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, YamlNode::Kind::map, anchor);
  }
  void OnMapEnd() override { close(); }

  SourcePosition position(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    /// Of a map: the key whose value comes next.
    bool has_key = false;
    std::string key;
    SourcePosition key_position;
  };

  YamlNode& open(const YAML::Mark& mark, YamlNode::Kind kind, YAML::anchor_t anchor);
  void close();
  void add(YamlNode node);
  static void add_to_map(Open& map, YamlNode node);
  void spend(std::size_t weight, const SourcePosition& where);

  std::string file_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  YamlNode root_;
  std::size_t spent_ = 0;
};

/// Nodes in a copy of `node`; long texts count as several.
std::size_t weight_of(const YamlNode& node) {
  std::size_t weight = 1 + node.text.size() / 64;
  for (const YamlNode& child : node.children)
    weight += weight_of(child);
  return weight;
}

void TreeBuilder::spend(std::size_t weight, const SourcePosition& where) {
  spent_ += weight;
  if (spent_ > yaml_node_limit)
    throw InputError(where,
                     fmt::format("found more than {} values (aliases written out), expected fewer", yaml_node_limit));
}

YamlNode& TreeBuilder::open(const YAML::Mark& mark, YamlNode::Kind kind, YAML::anchor_t anchor) {
  Open opened;
  opened.anchor = anchor;
  opened.node.kind = kind;
  opened.node.position = position(mark);
  spend(1, opened.node.position);
  if (stack_.size() >= yaml_depth_limit)
    throw InputError(opened.node.position,
                     fmt::format("found more than {} levels of nesting, expected fewer", yaml_depth_limit));
  stack_.push_back(std::move(opened));
  return stack_.back().node;
}

void TreeBuilder::close() {
  Open closed = std::move(stack_.back());
  stack_.pop_back();
  if (closed.anchor != 0) {
    spend(weight_of(closed.node), closed.node.position);
    anchors_[closed.anchor] = closed.node;
  }
  add(std::move(closed.node));
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto known = anchors_.find(anchor);
  if (known == anchors_.end())
    throw InputError(position(mark), "found an alias inside what it stands for, expected one that has ended");
  spend(weight_of(known->second), position(mark));
  add(known->second);
}

void TreeBuilder::add(YamlNode node) {
  if (stack_.empty()) {
    root_ = std::move(node);
  } else if (stack_.back().node.kind == YamlNode::Kind::map) {
    add_to_map(stack_.back(), std::move(node));
  } else {
    stack_.back().node.children.push_back(std::move(node));
  }
}

void TreeBuilder::add_to_map(Open& map, YamlNode node) {
  if (!map.has_key) {
    if (node.kind != YamlNode::Kind::scalar)
      throw InputError(node.position, "found a key that is no word, expected 'key: value'");
    if (map.node.children.size() >= yaml_key_limit)
      throw InputError(node.position, fmt::format("found more than {} keys in a map, expected fewer", yaml_key_limit));
    if (const YamlNode* first = map.node.find(node.text))
      throw InputError(node.position,
                       fmt::format("{}: found the key a second time (first on line {}), expected it once", node.text,
                                   first->key_position.line));
    map.has_key = true;
    map.key = node.text;
    map.key_position = node.position;
    return;
  }
  map.has_key = false;
  // The parser places an absent value at whatever follows it.
  if (node.kind == YamlNode::Kind::null) node.position = map.key_position;
  node.key = map.key;
  node.key_position = map.key_position;
  map.node.children.push_back(std::move(node));
}

/// `Node` is YamlNode or const YamlNode.
template <class Node>
Node* value_of(Node& map, std::string_view key) {
  if (map.kind != YamlNode::Kind::map) return nullptr;
  for (Node& child : map.children)
    if (child.key == key) return &child;
  return nullptr;
}

}  // namespace

YamlNode* YamlNode::find(std::string_view wanted) {
  return value_of(*this, wanted);
}

const YamlNode* YamlNode::find(std::string_view wanted) const {
  return value_of(*this, wanted);
}

YamlNode parse_yaml(const std::string& text, const std::string& file_name) {
  if (text.size() > yaml_byte_limit)
    throw InputError({file_name},
                     fmt::format("found more than {} MiB, expected a smaller file", yaml_byte_limit >> 20));
  require_plain_text(text, file_name);
  TreeBuilder builder{file_name};
  try {
    std::istringstream stream{text};
    YAML::Parser parser{stream};
    parser.HandleNextDocument(builder);
    YamlNode root = builder.take();
    TreeBuilder second{file_name};
    if (parser.HandleNextDocument(second))
      throw InputError(second.take().position, "found a second document, expected one");
    return root;
  } catch (const YAML::Exception& problem) {
    throw InputError(builder.position(problem.mark), fmt::format("this is no YAML: {}", problem.msg));
  }
}

}  // namespace iommusim::platforms
