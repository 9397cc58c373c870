// SPDX-License-Identifier: Apache-2.0
#include "pcie/pci_express_capability.h"
#include "platforms/device_class.h"
#include "platforms/parse_bdf.h"
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

/// No vendor owns this one; the device ID is the Device/Port Type of the PCI Express capability.
constexpr std::uint16_t default_vendor = 0x1234;

/// Programming interface of a PCI bridge that decodes subtractively.
constexpr std::uint32_t subtractive_interface = 0x01;

pcie::PortType port_type(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::root_port: return pcie::PortType::root_port;
    case FunctionKind::upstream_port: return pcie::PortType::upstream_port;
    case FunctionKind::downstream_port: return pcie::PortType::downstream_port;
    case FunctionKind::io_apic:
    case FunctionKind::root_complex_endpoint: return pcie::PortType::root_complex_endpoint;
    case FunctionKind::pcie_pci_bridge: return pcie::PortType::pci_bridge;
    case FunctionKind::pci_device: return pcie::PortType::conventional;
    case FunctionKind::endpoint:
    case FunctionKind::virtual_function: break;
  }
  return pcie::PortType::endpoint;
}

const std::vector<Choice<FunctionKind>>& kinds() {
  static const std::vector<Choice<FunctionKind>> all{{"root-port", FunctionKind::root_port},
                                                     {"upstream-port", FunctionKind::upstream_port},
                                                     {"downstream-port", FunctionKind::downstream_port},
                                                     {"endpoint", FunctionKind::endpoint},
                                                     {"root-complex-endpoint", FunctionKind::root_complex_endpoint},
                                                     {"pcie-pci-bridge", FunctionKind::pcie_pci_bridge},
                                                     {"pci-device", FunctionKind::pci_device},
                                                     {"io-apic", FunctionKind::io_apic}};
  return all;
}

/// Which keys are allowed depends on the kind, so it is read first.
FunctionKind read_kind(const Value& value) {
  if (!value.is_map()) value.reject("a device: a map with the keys name, type and at");
  const std::string path = value.path() + ".type";
  const YamlNode* type = value.node().find("type");
  if (type != nullptr) return Value{*type, path}.choice(kinds());
  Value{value.node(), path}.fail("nothing",
                                 "root-port, upstream-port, downstream-port, endpoint, root-complex-endpoint, "
                                 "pcie-pci-bridge, pci-device or io-apic");
}

/// A root bus holds root ports and integrated endpoints, the inside of a switch downstream ports, a link one
/// device.
bool may_stand_below(std::optional<FunctionKind> parent, FunctionKind kind) {
  if (!parent)
    return kind == FunctionKind::root_port || kind == FunctionKind::root_complex_endpoint ||
           kind == FunctionKind::pcie_pci_bridge || kind == FunctionKind::io_apic;
  if (*parent == FunctionKind::upstream_port) return kind == FunctionKind::downstream_port;
  if (*parent == FunctionKind::pcie_pci_bridge) return kind == FunctionKind::pci_device;
  return kind == FunctionKind::endpoint || kind == FunctionKind::upstream_port || kind == FunctionKind::pcie_pci_bridge;
}

std::string expected_below(std::optional<FunctionKind> parent) {
  if (!parent) return "root-port, root-complex-endpoint, pcie-pci-bridge or io-apic on a root bus";
  if (*parent == FunctionKind::pcie_pci_bridge) return "pci-device below a pcie-pci-bridge";
  if (*parent == FunctionKind::upstream_port) return "downstream-port below an upstream-port";
  return "endpoint, upstream-port or pcie-pci-bridge below a " + std::string{to_string(*parent)};
}

Map function_map(const Value& value, FunctionKind kind) {
  switch (kind) {
    case FunctionKind::root_port:
    case FunctionKind::upstream_port:
    case FunctionKind::downstream_port:
      return {value,
              {"name",
               "type",
               "at",
               "id",
               "bars",
               "acs",
               "aer",
               "dpc",
               "link",
               "port_number",
               "secondary",
               "subordinate",
               "window",
               "prefetchable_window",
               "bus_master",
               "memory_space",
               "max_payload",
               "max_read_request",
               "ari_forwarding",
               "devices"}};
    case FunctionKind::root_complex_endpoint:
      return {value, {"name",      "type", "at",  "id",         "class",        "bars",        "msi",
                      "msix",      "acs",  "aer", "bus_master", "memory_space", "max_payload", "max_read_request",
                      "dma_alias", "ats",  "pri", "pasid",      "dma_bits",     "dma",         "device_tlb"}};
    case FunctionKind::pcie_pci_bridge:
      return {value,
              {"name", "type", "at", "id", "bars", "aer", "link", "secondary", "subordinate", "window",
               "prefetchable_window", "subtractive", "bus_master", "memory_space", "max_payload", "max_read_request",
               "devices"}};
    case FunctionKind::pci_device:
      return {value,
              {"name", "type", "at", "id", "class", "bars", "msi", "msix", "bus_master", "memory_space", "dma_bits",
               "dma"}};
    case FunctionKind::io_apic: return {value, {"name", "type", "at"}};
    case FunctionKind::endpoint:
    case FunctionKind::virtual_function: break;
  }
  return {value, {"name",      "type",       "at",           "id",          "class",
                  "bars",      "msi",        "msix",         "acs",         "aer",
                  "link",      "bus_master", "memory_space", "max_payload", "max_read_request",
                  "dma_alias", "ats",        "pri",          "pasid",       "dma_bits",
                  "ari",       "sriov",      "dma",          "device_tlb"}};
}

/// Below a link there is one device, number 0; elsewhere nobody can guess it.
RequesterId read_at(const Map& map, FunctionKind kind) {
  const bool below_link =
      kind == FunctionKind::endpoint || kind == FunctionKind::upstream_port || kind == FunctionKind::pcie_pci_bridge;
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
  if (function.kind == FunctionKind::pcie_pci_bridge && map.boolean("subtractive", false))
    function.class_code |= subtractive_interface;
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

/// Downstream Port Containment. A port that has it also has Advanced Error Reporting (PCIe base specification, 6.2.11).
std::optional<DpcDescription> read_dpc(const Map& map, const FunctionDescription& port) {
  const auto value = map.optional("dpc");
  if (!value) return std::nullopt;
  if (port.kind == FunctionKind::upstream_port)
    value->fail("dpc on an upstream-port", "it on ports that face a link: root-port or downstream-port");
  if (!port.aer) value->fail("dpc without aer", "aer: true beside it");
  const Map dpc{*value, {"poisoned_egress_blocking"}};
  return DpcDescription{dpc.boolean("poisoned_egress_blocking", false)};
}

void read_port(const Map& map, FunctionDescription& port) {
  port.secondary_bus = static_cast<std::uint8_t>(map.number("secondary", 0, {1, 255}));
  port.subordinate_bus = static_cast<std::uint8_t>(map.number("subordinate", 0, {1, 255}));
  if (port.kind == FunctionKind::pcie_pci_bridge)
    port.subtractive = map.boolean("subtractive", false);
  else
    port.port_number = static_cast<std::uint8_t>(map.number("port_number", 0, {0, 255}));
  if (port.kind == FunctionKind::root_port || port.kind == FunctionKind::downstream_port)
    port.ari_forwarding = map.boolean("ari_forwarding", false);
  else if (port.kind == FunctionKind::upstream_port && map.has("ari_forwarding"))
    map.required("ari_forwarding", "").reject("it on ports that face a link: root-port or downstream-port");
  if (port.kind != FunctionKind::pcie_pci_bridge) port.dpc = read_dpc(map, port);
  port.window = read_window(map, "window");
  port.prefetchable_window = read_window(map, "prefetchable_window");
  for (const Value& child : map.items("devices"))
    port.children.push_back(read_function(child, port.kind));
}

/// The bus is that of the function, which is not known yet.
std::vector<RequesterId> read_dma_alias(const Map& map) {
  std::vector<RequesterId> aliases;
  for (const Value& item : map.items("dma_alias")) {
    const auto alias = parse_bdf(item.text());
    if (!alias || item.text().find(':') != std::string::npos) item.reject("device.function, as in 00.1");
    aliases.push_back(*alias);
  }
  return aliases;
}

unsigned read_tlp_limit(const Map& map, std::string_view key, unsigned otherwise) {
  const auto limit = map.optional(key);
  if (!limit) return otherwise;
  const std::uint64_t bytes = limit->size();
  if (!is_power_of_two(bytes) || bytes < 128 || bytes > 4096) limit->reject("128, 256, 512, 1024, 2048 or 4096");
  return static_cast<unsigned>(bytes);
}

iommu::DeviceTlbConfig read_device_tlb(const Value& value) {
  iommu::DeviceTlbConfig config;
  const Map map{value, {"entries", "ways"}};
  config.entries = map.number("entries", config.entries, {0, 1U << 20});
  config.ways = map.number("ways", config.ways, {1, 1U << 20});
  using AnyCache = iommu::TranslationCache<int, int>;
  if (!AnyCache::is_valid_geometry(config.entries, config.ways))
    value.fail(std::to_string(config.entries) + " entries in " + std::to_string(config.ways) + " ways",
               "0 entries, or ways times a power of two");
  return config;
}

void read_translation_services(const Map& map, FunctionDescription& function) {
  function.ats = map.boolean("ats", false);
  if (const auto tlb = map.optional("device_tlb")) {
    if (!function.ats) tlb->fail("device_tlb without ats", "ats: true beside it");
    function.device_tlb = read_device_tlb(*tlb);
  }
  function.pri = map.boolean("pri", false);
  if (const auto pri = map.optional("pri"); pri && function.pri && !function.ats)
    pri->fail("pri without ats", "ats: true beside it");
  if (const auto value = map.optional("pasid")) {
    const Map pasid{*value, {"width", "execute", "privileged", "enabled"}};
    function.pasid = pcie::PasidConfig{pasid.number("width", 20, {1, 20}), pasid.boolean("execute", false),
                                       pasid.boolean("privileged", false)};
    function.pasid_enabled = pasid.boolean("enabled", true);
  }
}

/// What conventional PCI has no word for.
void read_express(const Map& map, FunctionDescription& function) {
  function.max_payload = read_tlp_limit(map, "max_payload", function.max_payload);
  function.max_read_request = read_tlp_limit(map, "max_read_request", function.max_read_request);
  function.aer = map.boolean("aer", is_port(function.kind));
  if (!is_port(function.kind)) {
    function.dma_alias = read_dma_alias(map);
    read_translation_services(map, function);
  }
  if (function.kind != FunctionKind::root_complex_endpoint)
    if (const auto link = map.optional("link")) function.link = read_link(*link);
  if (function.kind == FunctionKind::pcie_pci_bridge) return;
  if (const auto acs = map.optional("acs"); acs && acs->found() != "'none'")
    function.acs = read_acs(*acs, function.kind);
}

}  // namespace

std::string_view to_string(FunctionKind kind) {
  for (const auto& [word, value] : kinds())
    if (value == kind) return word;
  return "virtual-function";
}

/// Conventional PCI knows no attributes and no traffic classes.
void refuse_attributes(const Value& dma) {
  for (const std::string_view key : {"relaxed_ordering", "id_ordering", "traffic_class"})
    if (const YamlNode* const attribute = dma.is_map() ? dma.node().find(key) : nullptr)
      Value{*attribute, dma.path() + "." + std::string{key}}.reject(
          "nothing: a pci-device has no such attribute of its requests");
}

FunctionDescription read_function(const Value& value, std::optional<FunctionKind> parent) {
  FunctionDescription function;
  function.kind = read_kind(value);
  // Before the keys, which depend on the type: a wrong type is what has to be said.
  if (!may_stand_below(parent, function.kind))
    Value{*value.node().find("type"), value.path() + ".type"}.reject(expected_below(parent));
  const Map map = function_map(value, function.kind);
  function.name = map.required("name", "a name").name();
  function.id = read_at(map, function.kind);
  if (!is_pci(function.kind)) {
    // What nobody answers reads as ones.
    function.vendor_id = function.device_id = 0xFFFF;
    return function;
  }
  read_identity(map, function);
  function.bus_master = map.boolean("bus_master", function.bus_master);
  function.memory_space = map.boolean("memory_space", function.memory_space);
  function.bars = read_bars(map, is_port(function.kind));
  if (function.kind != FunctionKind::pci_device) read_express(map, function);
  if (is_port(function.kind)) {
    read_port(map, function);
  } else {
    function.dma_bits = map.number("dma_bits", function.dma_bits, {12, 64});
    if (const auto dma = map.optional("dma")) {
      function.dma = read_engine(*dma);
      if (function.kind == FunctionKind::pci_device) refuse_attributes(*dma);
    }
    function.msi = read_msi(map);
    function.msix = read_msix(map, function.bars);
  }
  if (function.kind == FunctionKind::endpoint) {
    function.ari = read_ari(map);
    function.sriov = read_sriov(map);
    if (function.sriov && !function.ari) function.ari = AriDescription{};
  }
  return function;
}

}  // namespace iommusim::platforms
