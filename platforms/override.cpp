// SPDX-License-Identifier: Apache-2.0
#include "platforms/override.h"

#include "platforms/yaml_path.h"

#include <utility>
#include <vector>

namespace iommusim::platforms {
namespace {

/// New values have no line: their place is the option itself.
void move_to(YamlNode& node, const SourcePosition& position) {
  node.position = position;
  node.key_position = position;
  for (YamlNode& child : node.children)
    move_to(child, position);
}

YamlNode* find_function(YamlNode& owner, const std::string& name) {
  YamlNode* devices = owner.find("devices");
  if (devices == nullptr || devices->kind != YamlNode::Kind::sequence) return nullptr;
  for (YamlNode& device : devices->children) {
    const YamlNode* its_name = device.find("name");
    if (its_name != nullptr && its_name->text == name) return &device;
    if (YamlNode* below = find_function(device, name)) return below;
  }
  return nullptr;
}

YamlNode* find_function_anywhere(YamlNode& root, const std::string& name) {
  YamlNode* bridges = root.find("host_bridges");
  if (bridges == nullptr) return nullptr;
  for (YamlNode& bridge : bridges->children)
    if (YamlNode* function = find_function(bridge, name)) return function;
  return nullptr;
}

/// One step down; in a map the key is made when it is absent.
YamlNode& descend(YamlNode& node, const std::string& step, const SourcePosition& option) {
  if (YamlNode* child = child_at(node, step)) return *child;
  if (node.kind == YamlNode::Kind::sequence)
    throw InputError(option, "found no item '" + step + "' in the list, expected a name or an index of it");
  if (node.kind == YamlNode::Kind::scalar)
    throw InputError(option, "found the value '" + node.text + "' before '" + step + "', expected a map or a list");
  node.kind = YamlNode::Kind::map;
  YamlNode child;
  child.key = step;
  child.position = child.key_position = option;
  node.children.push_back(std::move(child));
  return node.children.back();
}

}  // namespace

Override parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw InputError({"--set " + text}, "found no path=value, expected as in host_bridges.pcie0.iommu=none");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void apply_override(YamlNode& root, const Override& change) {
  const SourcePosition option{"--set " + change.path + "=" + change.value};
  std::vector<std::string> steps = split_path(change.path);
  YamlNode* node = &root;
  std::size_t next = 0;
  if (steps.size() >= 2 && steps[0] == "devices") {
    node = find_function_anywhere(root, steps[1]);
    if (node == nullptr) throw InputError(option, "found no device '" + steps[1] + "', expected the name of one");
    next = 2;
  }
  for (; next < steps.size(); ++next)
    node = &descend(*node, steps[next], option);
  YamlNode value = parse_yaml(change.value, option.file);
  move_to(value, option);
  value.key = node->key;
  *node = std::move(value);
}

}  // namespace iommusim::platforms
