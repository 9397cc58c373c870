// SPDX-License-Identifier: Apache-2.0
#include "platforms/yaml_path.h"

#include "base/quantity.h"

namespace iommusim::platforms {
namespace {

/// `Node` is YamlNode or const YamlNode, here and below.
template <class Node>
Node* item_at(Node& list, std::string_view step) {
  for (Node& item : list.children) {
    const YamlNode* name = item.find("name");
    if (name != nullptr && name->text == step) return &item;
  }
  const auto index = parse_unsigned(step);
  return index && *index < list.children.size() ? &list.children[*index] : nullptr;
}

template <class Node>
Node* item_or_value_at(Node& node, std::string_view step) {
  return node.kind == YamlNode::Kind::sequence ? item_at(node, step) : node.find(step);
}

}  // namespace

std::string join_path(const std::string& path, std::string_view step) {
  return path.empty() ? std::string{step} : path + "." + std::string{step};
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> steps;
  while (true) {
    const std::size_t dot = path.find('.');
    steps.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return steps;
    path.remove_prefix(dot + 1);
  }
}

std::string item_step(const YamlNode& item, std::size_t index) {
  const YamlNode* name = item.find("name");
  const bool named = name != nullptr && !name->text.empty() && name->text.size() <= longest_name;
  return named ? name->text : std::to_string(index);
}

const YamlNode* child_at(const YamlNode& node, std::string_view step) {
  return item_or_value_at(node, step);
}

YamlNode* child_at(YamlNode& node, std::string_view step) {
  return item_or_value_at(node, step);
}

const YamlNode* find_path(const YamlNode& root, std::string_view path) {
  const YamlNode* node = &root;
  for (const std::string& step : split_path(path)) {
    node = child_at(*node, step);
    if (node == nullptr) return nullptr;
  }
  return node;
}

std::string Source::text(const std::string& path) const {
  const YamlNode* node = find_path(root_, path);
  return node == nullptr ? std::string{} : node->text;
}

SourcePosition Source::position(const std::string& path) const {
  const YamlNode* node = &root_;
  for (const std::string& step : split_path(path)) {
    const YamlNode* next = child_at(*node, step);
    if (next == nullptr) break;
    node = next;
  }
  return node->position;
}

void Source::fail(const std::string& path, const std::string& found, const std::string& expected) const {
  throw InputError(position(path), path + ": found " + found + ", expected " + expected);
}

}  // namespace iommusim::platforms
