// SPDX-License-Identifier: Apache-2.0
#include "platforms/dmar_table.h"

#include "platforms/acpi_writer.h"
#include "platforms/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

namespace iommusim::platforms {
namespace {

// Types of remapping structures (8.2) and of device scopes (8.3.1).
enum class StructureType : std::uint16_t { drhd = 0, rmrr = 1, atsr = 2, rhsa = 3, andd = 4 };
enum class ScopeType : std::uint8_t { endpoint = 1, bridge = 2, io_apic = 3, namespace_device = 5 };

constexpr std::uint8_t include_pci_all = 1;
constexpr std::uint8_t interrupt_remapping = 1;
constexpr std::size_t length_offset = 4;
constexpr std::size_t checksum_offset = 9;

/// Where a function stands: the root bus, then device and function at each step down to it.
struct Place {
  std::uint8_t bus = 0;
  std::vector<RequesterId> path;
};

/// A function of the platform with its way from the root bus.
struct Located {
  const FunctionDescription* function = nullptr;
  const HostBridgeDescription* bridge = nullptr;
  Place place;
};

void locate(const std::vector<FunctionDescription>& functions, const Located& above, std::vector<Located>& all) {
  for (const FunctionDescription& function : functions) {
    Located located{&function, above.bridge, above.place};
    located.place.path.push_back(function.id);
    all.push_back(located);
    locate(function.children, located, all);
  }
}

std::vector<Located> all_located(const Description& description) {
  std::vector<Located> all;
  for (const HostBridgeDescription& bridge : description.host_bridges)
    locate(bridge.functions, {nullptr, &bridge, {bridge.first_bus, {}}}, all);
  return all;
}

class DmarTable {
 public:
  explicit DmarTable(const Description& description) : description_{description}, functions_{all_located(description)} {
    if (description.iommus.empty())
      fail("a platform without IOMMU", "one with remapping units: the table is about them");
  }

  std::vector<std::uint8_t> build() {
    add_header();
    for (const std::uint16_t segment : segments())
      add_units(segment);
    for (const IommuDescription& iommu : description_.iommus)
      for (const RmrrDescription& rmrr : iommu.rmrrs)
        add_reserved_memory(rmrr);
    for (const std::uint16_t segment : segments())
      add_ats_ports(segment);
    add_affinities();
    add_namespace_devices();
    table_.patch(length_offset, static_cast<std::uint32_t>(table_.size()));
    table_.patch_checksum(checksum_offset);
    return table_.take();
  }

 private:
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const {
    throw InputError{{description_.file, 0, 0}, fmt::format("the DMAR table: found {}, expected {}", found, expected)};
  }

  /// 8.1.
  void add_header() {
    unsigned width = 0;
    bool remaps = true;
    for (const IommuDescription& iommu : description_.iommus) {
      width = std::max(width, iommu.vtd.host_address_width);
      remaps = remaps && iommu.vtd.interrupt_remapping;
    }
    table_.add_text("DMAR", 4).add(std::uint32_t{0}).add(std::uint8_t{1}).add(std::uint8_t{0});
    table_.add_text("IOMSIM", 6).add_text("IOMMUSIM", 8).add(std::uint32_t{1});
    table_.add_text("IOMS", 4).add(std::uint32_t{1});
    table_.add(static_cast<std::uint8_t>(width - 1)).add(std::uint8_t{remaps ? interrupt_remapping : std::uint8_t{0}});
    table_.add_text("", 10);
  }

  /// Writes the structure's length once `content` has written the rest.
  void add_structure(StructureType type, const std::function<void()>& content) {
    const std::size_t start = table_.size();
    table_.add(static_cast<std::uint16_t>(type)).add(std::uint16_t{0});
    content();
    table_.patch(start + 2, static_cast<std::uint16_t>(table_.size() - start));
  }

  void add_scope(ScopeType type, std::uint8_t enumeration, const Place& place) {
    constexpr std::size_t fixed = 6;
    table_.add(static_cast<std::uint8_t>(type)).add(static_cast<std::uint8_t>(fixed + 2 * place.path.size()));
    table_.add(std::uint16_t{0}).add(enumeration).add(place.bus);
    for (const RequesterId step : place.path)
      table_.add(static_cast<std::uint8_t>(step.device())).add(static_cast<std::uint8_t>(step.function()));
  }

  void add_scope(const Located& located) {
    const FunctionKind kind = located.function->kind;
    if (kind == FunctionKind::io_apic) return add_scope(ScopeType::io_apic, io_apic_number(located), located.place);
    add_scope(is_port(kind) ? ScopeType::bridge : ScopeType::endpoint, 0, located.place);
  }

  /// I/O APICs are numbered in the order of the file.
  std::uint8_t io_apic_number(const Located& io_apic) const {
    std::uint8_t number = 0;
    for (const Located& other : functions_) {
      if (other.function == io_apic.function) break;
      if (other.function->kind == FunctionKind::io_apic) ++number;
    }
    return number;
  }

  const IommuDescription* unit_of(const Located& located) const {
    FunctionPlace place;
    place.function = located.function;
    place.bridge = located.bridge;
    place.root = root_of(located).function;
    return iommu_of(description_, place);
  }
  const Located& root_of(const Located& located) const {
    return *std::find_if(functions_.begin(), functions_.end(), [&located](const Located& other) {
      return other.bridge == located.bridge && other.place.path.size() == 1 &&
             other.place.path.front() == located.place.path.front();
    });
  }

  std::set<std::uint16_t> segments() const {
    std::set<std::uint16_t> segments;
    for (const HostBridgeDescription& bridge : description_.host_bridges)
      segments.insert(bridge.segment);
    return segments;
  }

  /// Of all functions behind the unit; nullopt: it has none.
  std::optional<std::uint16_t> segment_of(const IommuDescription& iommu) const {
    std::optional<std::uint16_t> segment;
    for (const Located& located : functions_) {
      if (unit_of(located) != &iommu) continue;
      if (segment && *segment != located.bridge->segment)
        fail("'" + iommu.name + "' in several segments", "each unit in one");
      segment = located.bridge->segment;
    }
    return segment;
  }

  /// 8.3: the unit for all that the others leave comes last. There is one where every host bridge of the segment names
  /// an IOMMU; the last that is named has the honour.
  void add_units(std::uint16_t segment) {
    const IommuDescription* rest = nullptr;
    bool all_named = true;
    for (const HostBridgeDescription& bridge : description_.host_bridges) {
      if (bridge.segment != segment) continue;
      all_named = all_named && !bridge.iommu.empty();
      for (const IommuDescription& iommu : description_.iommus)
        if (iommu.name == bridge.iommu) rest = &iommu;
    }
    if (!all_named) rest = nullptr;
    for (const IommuDescription& iommu : description_.iommus)
      if (&iommu != rest && segment_of(iommu) == segment) add_unit(iommu, segment, false);
    if (rest != nullptr) add_unit(*rest, segment, true);
  }

  void add_unit(const IommuDescription& iommu, std::uint16_t segment, bool all) {
    add_structure(StructureType::drhd, [&] {
      table_.add(std::uint8_t{all ? include_pci_all : std::uint8_t{0}}).add(register_pages(iommu)).add(segment);
      table_.add(iommu.vtd.register_base.value());
      for (const Located& located : functions_) {
        const bool on_root_bus = located.place.path.size() == 1;
        // An I/O APIC is no PCI device, so all PCI devices do not include it.
        const bool must_be_named = !all || located.function->kind == FunctionKind::io_apic;
        if (on_root_bus && must_be_named && unit_of(located) == &iommu) add_scope(located);
      }
      for (const NamespaceDeviceDescription& device : iommu.namespace_devices)
        add_scope(ScopeType::namespace_device, device.number, {device.id.bus(), {device.id}});
    });
  }

  /// The register set has 2^n pages.
  static std::uint8_t register_pages(const IommuDescription& iommu) {
    const std::uint64_t end = std::max<std::uint64_t>(
        iommu.vtd.iotlb_offset + 16, iommu.vtd.fault_record_offset + 16 * std::uint64_t{iommu.vtd.fault_records});
    std::uint8_t exponent = 0;
    while (page_4k << exponent < end)
      ++exponent;
    return exponent;
  }

  /// 8.4. A structure has one segment, so each of the devices' segments has one. Virtual functions are none of
  /// firmware's.
  void add_reserved_memory(const RmrrDescription& rmrr) {
    for (const std::uint16_t segment : segments()) {
      std::vector<const Located*> devices;
      for (const Located& located : functions_) {
        const bool is_named =
            std::find(rmrr.devices.begin(), rmrr.devices.end(), located.function->name) != rmrr.devices.end();
        if (is_named && located.bridge->segment == segment) devices.push_back(&located);
      }
      if (devices.empty()) continue;
      add_structure(StructureType::rmrr, [&] {
        table_.add(std::uint16_t{0}).add(segment);
        table_.add(rmrr.range.first.value()).add(rmrr.range.last.value());
        for (const Located* device : devices)
          add_scope(*device);
      });
    }
  }

  /// 8.5: root ports below which a device has address translation services.
  void add_ats_ports(std::uint16_t segment) {
    std::vector<const Located*> ports;
    for (const Located& located : functions_) {
      const Located& root = root_of(located);
      const bool counts = located.function->ats && located.bridge->segment == segment && unit_of(located) != nullptr &&
                          root.function->kind == FunctionKind::root_port;
      if (counts && std::find(ports.begin(), ports.end(), &root) == ports.end()) ports.push_back(&root);
    }
    if (ports.empty()) return;
    add_structure(StructureType::atsr, [&] {
      table_.add(std::uint16_t{0}).add(segment);
      for (const Located* port : ports)
        add_scope(*port);
    });
  }

  /// 8.6.
  void add_affinities() {
    for (const IommuDescription& iommu : description_.iommus) {
      if (!iommu.proximity_domain) continue;
      add_structure(StructureType::rhsa, [&] {
        table_.add(std::uint32_t{0}).add(iommu.vtd.register_base.value()).add(*iommu.proximity_domain);
      });
    }
  }

  /// 8.7.
  void add_namespace_devices() {
    for (const IommuDescription& iommu : description_.iommus)
      for (const NamespaceDeviceDescription& device : iommu.namespace_devices)
        add_structure(StructureType::andd, [&] {
          table_.add_text("", 3).add(device.number);
          table_.add_text(device.object, device.object.size() + 1);
        });
  }

  const Description& description_;
  std::vector<Located> functions_;
  AcpiWriter table_;
};

}  // namespace

std::vector<std::uint8_t> dmar_table(const Description& description) {
  return DmarTable{description}.build();
}

}  // namespace iommusim::platforms
