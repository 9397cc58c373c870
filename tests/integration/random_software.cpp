// SPDX-License-Identifier: Apache-2.0
#include "integration/random_software.h"

#include "platforms/functions.h"
#include "platforms/requester_ids.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::tests {
namespace {

using platforms::DomainDescription;
using platforms::DomainType;
using platforms::MappingDescription;

constexpr Range<PhysAddr> os_memory{PhysAddr{0x7C00'0000}, PhysAddr{0x7FFF'FFFF}};

vtd::UnitConfig random_unit(Random& random, unsigned index) {
  vtd::UnitConfig unit;
  unit.register_base = PhysAddr{0xFED9'0000 + index * std::uint64_t{0x1'0000}};
  unit.host_address_width = random.pick({39U, 46U, 48U});
  if (random.percent(30)) {
    unit.guest_address_width = 39;
    unit.table_levels = {3};
  }
  unit.pages_1g = unit.pages_2m = random.percent(70);
  unit.fault_records = random.pick({1U, 4U});
  unit.caching_mode = random.percent(20);
  unit.zero_length_read = random.percent(50);
  unit.pass_through = random.percent(80);
  unit.queued_invalidation = random.percent(80);
  unit.page_selective_invalidation = random.percent(80);
  unit.context_cache_entries = random.pick({0U, 4U, 64U});
  unit.iotlb_entries = random.pick({0U, 16U, 256U});
  return unit;
}

/// Gives out mappings of one domain: at places where something else is, too.
class Mappings {
 public:
  Mappings(Random& random, const platforms::Description& description, unsigned width)
      : random_{random}, last_{(std::uint64_t{1} << width) - 1} {
    for (const platforms::FunctionPlace& place : platforms::all_functions(description))
      for (const platforms::BarDescription& bar : place.function->bars)
        bars_.push_back(bar.base->value());
    if (bars_.empty()) bars_.push_back(0x9000'0000);
  }

  void add_to(DomainDescription& domain) {
    for (std::uint64_t i = random_.between(1, 6); i > 0; --i) {
      MappingDescription mapping;
      mapping.size = random_.pick({page_4k, 2 * page_4k, page_2m});
      mapping.iova = Iova{iova() & ~(page_4k - 1)};
      mapping.physical = PhysAddr{physical() & ~(page_4k - 1)};
      if (random_.percent(30)) mapping.permissions = {random_.percent(50), true};
      if (random_.percent(15)) mapping.permissions = {true, false};
      if (fits(domain, mapping)) domain.mappings.push_back(mapping);
    }
  }

 private:
  std::uint64_t iova() {
    switch (random_.below(6)) {
      case 0: return random_.pick(bars_);
      case 1: return random_.pick({std::uint64_t{0xFEDF'F000}, std::uint64_t{0xFEE0'0000}, std::uint64_t{0xFEC0'0000}});
      case 2: return last_ - random_.below(4) * page_4k;
      case 3: return random_.below(16) * page_2m;
      default: return random_.below(last_);
    }
  }

  std::uint64_t physical() {
    switch (random_.below(8)) {
      case 0: return random_.pick(bars_);
      case 1: return random_.pick({std::uint64_t{0xFED9'0000}, std::uint64_t{0xE000'0000}, std::uint64_t{0xFEE0'0000}});
      case 2:
        return random_.pick({std::uint64_t{0x8000'0000}, std::uint64_t{0x1'7FFF'F000}, std::uint64_t{0x20'0000'0000}});
      case 3: return 0x1000'0000 + random_.below(64) * page_2m;
      default: return 0x1'0000'0000 + random_.below(0x7000'0000);
    }
  }

  bool fits(const DomainDescription& domain, const MappingDescription& wanted) const {
    const auto range = Range<Iova>::from_size(wanted.iova, wanted.size);
    const auto physical = Range<PhysAddr>::from_size(wanted.physical, wanted.size);
    if (!range || range->last.value() > last_ || !physical || physical->overlaps(os_memory)) return false;
    return std::none_of(domain.mappings.begin(), domain.mappings.end(), [&](const MappingDescription& other) {
      return Range<Iova>::from_size(other.iova, other.size)->overlaps(*range);
    });
  }

  Random& random_;
  std::uint64_t last_;
  std::vector<std::uint64_t> bars_;
};

DomainType random_type(Random& random, const vtd::UnitConfig& unit) {
  const std::uint64_t draw = random.below(10);
  // Identity mappings of 4 KiB for many domains would not fit into the operating system's memory.
  if (draw < 2 && (unit.pass_through || unit.pages_2m)) return DomainType::identity;
  return draw < 3 ? DomainType::blocked : DomainType::unmanaged;
}

/// Functions whose requests may carry the same requester ID: no IOMMU can tell them apart.
struct Sharers {
  std::vector<std::string> names;
  std::vector<RequesterId> ids;

  bool share(const std::vector<RequesterId>& others) const {
    return std::find_first_of(ids.begin(), ids.end(), others.begin(), others.end()) != ids.end();
  }
  void take(const Sharers& other) {
    names.insert(names.end(), other.names.begin(), other.names.end());
    ids.insert(ids.end(), other.ids.begin(), other.ids.end());
  }
};

std::vector<Sharers> devices_behind(const platforms::Description& description, const std::string& bridge) {
  std::vector<Sharers> groups;
  for (const platforms::FunctionPlace& place : platforms::all_functions(description)) {
    if (place.bridge->name != bridge || is_port(place.function->kind)) continue;
    Sharers joined{{place.function->name}, platforms::requester_ids(*place.function, place.parent)};
    // It may be what connects groups that shared nothing before.
    const auto connected = std::stable_partition(groups.begin(), groups.end(),
                                                 [&joined](const Sharers& group) { return !group.share(joined.ids); });
    std::for_each(connected, groups.end(), [&joined](const Sharers& group) { joined.take(group); });
    groups.erase(connected, groups.end());
    groups.push_back(std::move(joined));
  }
  return groups;
}

void add_domains(Random& random, platforms::Description& description, const std::string& bridge,
                 const vtd::UnitConfig& unit) {
  Mappings mappings{random, description, unit.table_levels.back() == 3 ? 39 : unit.guest_address_width};
  DomainDescription domain;
  for (const Sharers& devices : devices_behind(description, bridge)) {
    if (random.percent(10)) continue;
    domain.devices.insert(domain.devices.end(), devices.names.begin(), devices.names.end());
    if (random.percent(30)) continue;
    domain.name = fmt::format("domain{}", description.domains.size());
    domain.type = random_type(random, unit);
    if (domain.type == DomainType::unmanaged) mappings.add_to(domain);
    description.domains.push_back(std::move(domain));
    domain = {};
  }
}

}  // namespace

void add_random_software(Random& random, platforms::Description& description) {
  description.os_memory = os_memory;
  unsigned index = 0;
  for (platforms::HostBridgeDescription& bridge : description.host_bridges) {
    if (random.percent(15)) continue;
    const vtd::UnitConfig unit = random_unit(random, index);
    bridge.iommu = fmt::format("dmar{}", index++);
    description.iommus.push_back({bridge.iommu, unit});
    add_domains(random, description, bridge.name, unit);
  }
}

}  // namespace iommusim::tests
