// SPDX-License-Identifier: Apache-2.0
#include "pcie/pci_express_capability.h"
#include "platforms/device_class.h"
#include "platforms/parse_bdf.h"
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

/// No vendor owns this one; the device ID is the Device/Port Type of the PCI Express capability.
constexpr std::uint16_t default_vendor = 0x1234;

pcie::PortType port_type(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::root_port: return pcie::PortType::root_port;
    case FunctionKind::upstream_port: return pcie::PortType::upstream_port;
    case FunctionKind::downstream_port: return pcie::PortType::downstream_port;
    case FunctionKind::root_complex_endpoint: return pcie::PortType::root_complex_endpoint;
    case FunctionKind::endpoint: break;
  }
  return pcie::PortType::endpoint;
}

const std::vector<Choice<FunctionKind>>& kinds() {
  static const std::vector<Choice<FunctionKind>> all{{"root-port", FunctionKind::root_port},
                                                     {"upstream-port", FunctionKind::upstream_port},
                                                     {"downstream-port", FunctionKind::downstream_port},
                                                     {"endpoint", FunctionKind::endpoint},
                                                     {"root-complex-endpoint", FunctionKind::root_complex_endpoint}};
  return all;
}

/// Which keys are allowed depends on the kind, so it is read first.
FunctionKind read_kind(const Value& value) {
  if (!value.is_map()) value.reject("a device: a map with the keys name, type and at");
  const std::string path = value.path() + ".type";
  const YamlNode* type = value.node().find("type");
  if (type != nullptr) return Value{*type, path}.choice(kinds());
  Value{value.node(), path}.fail("nothing",
                                 "root-port, upstream-port, downstream-port, endpoint or root-complex-endpoint");
}

Map function_map(const Value& value, FunctionKind kind) {
  switch (kind) {
    case FunctionKind::root_port:
    case FunctionKind::upstream_port:
    case FunctionKind::downstream_port:
      return {value,
              {"name", "type", "at", "id", "bars", "acs", "aer", "link", "port_number", "secondary", "subordinate",
               "window", "prefetchable_window", "bus_master", "memory_space", "max_payload", "max_read_request",
               "devices"}};
    case FunctionKind::root_complex_endpoint:
      return {value,
              {"name", "type", "at", "id", "class", "bars", "msi", "msix", "acs", "aer", "bus_master", "memory_space",
               "max_payload", "max_read_request"}};
    case FunctionKind::endpoint: break;
  }
  return {value,
          {"name", "type", "at", "id", "class", "bars", "msi", "msix", "acs", "aer", "link", "bus_master",
           "memory_space", "max_payload", "max_read_request"}};
}

/// Below a link there is one device, number 0; elsewhere nobody can guess it.
RequesterId read_at(const Map& map, FunctionKind kind) {
  const bool below_link = kind == FunctionKind::endpoint || kind == FunctionKind::upstream_port;
  if (below_link && !map.has("at")) return {};
  const std::string expected = "device.function as lspci prints it, as in 1f.3 or 3b:00.0";
  const Value at = map.required("at", expected);
  const auto id = parse_bdf(at.text());
  if (!id) at.reject(expected);
  return *id;
}

void read_identity(const Map& map, FunctionDescription& function) {
  function.vendor_id = default_vendor;
  function.device_id = static_cast<std::uint16_t>(port_type(function.kind));
  if (const auto id = map.optional("id")) {
    const auto ids = parse_vendor_device(id->text());
    if (!ids || ids->vendor == 0xFFFF) id->reject("vendor:device as lspci -n prints it, as in 8086:1572");
    function.vendor_id = ids->vendor;
    function.device_id = ids->device;
  }
  function.class_code = is_port(function.kind) ? pci_bridge_class : unassigned_class;
  if (is_port(function.kind)) return;
  if (const auto code = map.optional("class")) function.class_code = read_class(*code);
}

std::optional<Range<BusAddr>> read_window(const Map& map, std::string_view key) {
  const auto window = map.optional(key);
  if (!window) return std::nullopt;
  if (window->is_map()) return read_range<BusAddr>(Map{*window, {"base", "size"}});
  if (window->found() != "'closed'") window->reject("'closed' or a map with the keys base and size");
  return std::nullopt;
}

void read_port(const Map& map, FunctionDescription& port) {
  port.port_number = static_cast<std::uint8_t>(map.number("port_number", 0, {0, 255}));
  port.secondary_bus = static_cast<std::uint8_t>(map.number("secondary", 0, {1, 255}));
  port.subordinate_bus = static_cast<std::uint8_t>(map.number("subordinate", 0, {1, 255}));
  port.window = read_window(map, "window");
  port.prefetchable_window = read_window(map, "prefetchable_window");
  for (const Value& child : map.items("devices"))
    port.children.push_back(read_function(child));
}

unsigned read_tlp_limit(const Map& map, std::string_view key, unsigned otherwise) {
  const auto limit = map.optional(key);
  if (!limit) return otherwise;
  const std::uint64_t bytes = limit->size();
  if (!is_power_of_two(bytes) || bytes < 128 || bytes > 4096) limit->reject("128, 256, 512, 1024, 2048 or 4096");
  return static_cast<unsigned>(bytes);
}

}  // namespace

std::string_view to_string(FunctionKind kind) {
  for (const auto& [word, value] : kinds())
    if (value == kind) return word;
  return "";
}

FunctionDescription read_function(const Value& value) {
  FunctionDescription function;
  function.kind = read_kind(value);
  const Map map = function_map(value, function.kind);
  function.name = map.required("name", "a name").name();
  function.id = read_at(map, function.kind);
  read_identity(map, function);
  function.bus_master = map.boolean("bus_master", function.bus_master);
  function.memory_space = map.boolean("memory_space", function.memory_space);
  function.bars = read_bars(map, is_port(function.kind));
  function.max_payload = read_tlp_limit(map, "max_payload", function.max_payload);
  function.max_read_request = read_tlp_limit(map, "max_read_request", function.max_read_request);
  if (const auto acs = map.optional("acs"); acs && acs->found() != "'none'")
    function.acs = read_acs(*acs, function.kind);
  function.aer = map.boolean("aer", is_port(function.kind));
  if (is_port(function.kind)) {
    read_port(map, function);
  } else {
    function.msi = read_msi(map);
    function.msix = read_msix(map, function.bars);
  }
  if (function.kind == FunctionKind::root_complex_endpoint) return function;
  if (const auto link = map.optional("link")) function.link = read_link(*link);
  return function;
}

}  // namespace iommusim::platforms
