// SPDX-License-Identifier: Apache-2.0
#include "analysis/firmware_remedies.h"

#include "analysis/firmware_memory.h"
#include "platforms/iommu_kinds.h"

#include <fmt/format.h>

namespace iommusim::analysis {
namespace {

using platforms::DomainType;
using platforms::RmrrDescription;

std::string text_of(const RmrrDescription& region) {
  return fmt::format("{:#x}-{:#x}", region.range.first.value(), region.range.last.value());
}

bool is_user_owned(const RemedyCase& collision) {
  return collision.domain() != nullptr && collision.domain()->description->type == DomainType::unmanaged;
}

/// Where the region is not one to one: the IOMMU refused, or led elsewhere.
std::vector<Remedy> list_region(const RemedyCase& collision, const platforms::IommuDescription& iommu) {
  return {{"list-reserved-memory",
           fmt::format("Firmware of {} uses {:#x}, and no {} says so: list this memory ({} of {}), so that the kernel "
                       "maps it one to one",
                       collision.device_name(), collision.page(), platforms::reserved_memory_name(iommu),
                       platforms::reserved_memory_key(iommu), iommu.name)}};
}

Remedy let_firmware_in(const RemedyCase& collision, const RmrrDescription& region) {
  if (collision.domain() == nullptr || collision.domain()->description->type == DomainType::blocked)
    return {"map", fmt::format("Give {} a domain that has {} one to one: its firmware goes on using this memory",
                               collision.device_name(), text_of(region))};
  if (!is_user_owned(collision))
    return {"map", fmt::format("Map nothing else at {} in {}, and do not unmap it: firmware of {} uses this memory, "
                               "which the kernel maps one to one",
                               text_of(region), collision.domain_name(), collision.device_name())};
  return {"lay-out-around",
          fmt::format("Leave {} out of the memory that {} has, and keep it mapped one to one (reserved_memory: kept): "
                      "firmware of {} uses it",
                      text_of(region), collision.domain_name(), collision.device_name())};
}

Remedy keep_from_users(const RemedyCase& collision, const RmrrDescription& region) {
  if (is_relaxable(collision.machine, collision.record.device, region))
    return {"take-over", fmt::format("Let a driver take {} over from firmware before {} maps memory there: Linux lists "
                                     "{} as direct-relaxable because it counts on that, and refuses nothing",
                                     collision.device_name(), collision.domain_name(), text_of(region))};
  return {"refuse-assignment",
          fmt::format("Do not give {} to a user at all: Linux lists {} as direct, and its VFIO refuses to map memory "
                      "there",
                      collision.device_name(), text_of(region))};
}

std::vector<Remedy> for_firmware(const RemedyCase& collision) {
  const auto unit = collision.machine.iommu_of(collision.record.device);
  if (!unit) return {};
  const RmrrDescription* region =
      platforms::find_reserved_memory(collision.machine, collision.record.device, collision.record.intent.physical);
  if (region == nullptr) return list_region(collision, collision.machine.description().iommus[*unit]);
  std::vector<Remedy> found{let_firmware_in(collision, *region)};
  if (is_user_owned(collision)) found.push_back(keep_from_users(collision, *region));
  return found;
}

/// The domain keeps the region of any of its devices for all of them.
std::vector<Remedy> for_user(const RemedyCase& collision) {
  const Landing& landing = collision.record.landing;
  if (!is_user_owned(collision) || landing.kind != LandingKind::memory) return {};
  const platforms::Domain& domain = *collision.domain();
  if (!domain.kept.contains(Iova{collision.record.access.address.value()})) return {};
  const platforms::IommuDescription& iommu = collision.machine.description().iommus[domain.iommu];
  for (const RmrrDescription* region : platforms::reserved_memory_of(iommu, domain.description->devices))
    if (region->range.contains(PhysAddr{landing.address}))
      return {{"lay-out-around",
               fmt::format("Leave {} out of the memory that {} has: it is mapped one to one for firmware of {}, and "
                           "devices do not reach what the guest has there",
                           text_of(*region), collision.domain_name(), fmt::join(region->devices, ", "))}};
  return {};
}

}  // namespace

std::vector<Remedy> find_firmware_remedies(const RemedyCase& collision) {
  switch (collision.kind) {
    case CollisionKind::wrong_memory:
    case CollisionKind::isolation_breach:
    case CollisionKind::translation_fault: break;
    default: return {};
  }
  return collision.record.source == AccessSource::firmware ? for_firmware(collision) : for_user(collision);
}

}  // namespace iommusim::analysis
