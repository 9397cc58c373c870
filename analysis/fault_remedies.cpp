// SPDX-License-Identifier: Apache-2.0
#include "analysis/fault_remedies.h"

#include "analysis/address_remedies.h"
#include "analysis/fault_cause.h"
#include "analysis/physical_place.h"
#include "base/quantity.h"
#include "iommu/device_tlb.h"

#include <fmt/format.h>

namespace iommusim::analysis {
namespace {

using iommu::FaultCause;

/// The IOMMU has no entry for the ID that the request carries. It may have one for the device's own.
std::vector<Remedy> attach_alias(const RemedyCase& collision) {
  const AccessRecord& record = collision.record;
  const std::string own =
      requester_of(record.device, collision.machine.topology()[record.device].requester, collision.machine);
  const std::string sent = requester_of(record.device, record.access.requester, collision.machine);
  Access access = record.access;
  access.requester = collision.machine.topology()[record.device].requester;
  if (sent == own || !is_cured(collision, access)) return {};
  return {{"attach-alias", fmt::format("Attach {}, the requester ID of this request, to {}, too: {} is known to {} "
                                       "as {} only (dma_alias of {} in the platform)",
                                       sent, collision.domain_name(), collision.device_name(),
                                       collision.machine.name(record.landing.where), own, collision.device_name())}};
}

std::vector<Remedy> stay_in_width(const RemedyCase& collision) {
  const platforms::Domain* domain = collision.domain();
  if (domain == nullptr) return {};
  const unsigned width = collision.system.iova_width(*domain);
  std::vector<Remedy> found{
      {"reserve-iova", fmt::format("Keep the IOVAs of {} below {:#x}: its tables translate {} address bits",
                                   collision.domain_name(), std::uint64_t{1} << width, width)}};
  for (Remedy& remedy : find_remap(collision))
    found.push_back(std::move(remedy));
  return found;
}

std::string_view right_for(Operation operation) {
  switch (operation) {
    case Operation::read: return "read";
    case Operation::write: return "write";
    case Operation::atomic: return "read and write";
  }
  return "?";
}

std::vector<Remedy> map_page(const RemedyCase& collision) {
  const Intent& intent = collision.record.intent;
  const Operation operation = collision.record.access.operation;
  if (intent.kind == IntentKind::none && intent.was_mapped)
    return {{"quiesce", fmt::format("{} still uses IOVA {:#x}, which was unmapped at {}: stop it before unmapping",
                                    collision.device_name(), collision.page(), format_duration(intent.past_until))}};
  if (intent.kind == IntentKind::none)
    return {{"map", fmt::format("Map IOVA {:#x} in {} before {} uses it", collision.page(), collision.domain_name(),
                                collision.device_name())}};
  // Mapped with this right, and still refused: the tables do not hold what software believes.
  if (permits(intent.permissions, operation)) return {};
  return {{"map", fmt::format("Map IOVA {:#x} in {} with {} permission", collision.page(), collision.domain_name(),
                              right_for(operation))}};
}

}  // namespace

std::vector<Remedy> find_fault_remedies(const RemedyCase& collision) {
  if (collision.in_interrupt_window()) return {reserve_interrupt_window(collision)};
  if (collision.was_decided_by({&iommu::rules::translation_denied})) return map_page(collision);
  switch (fault_cause(collision.machine, collision.record.landing)) {
    case FaultCause::no_domain: return attach_alias(collision);
    case FaultCause::address_beyond_width: return stay_in_width(collision);
    case FaultCause::no_mapping: return map_page(collision);
    case FaultCause::output_in_interrupt_range: return {map_to_memory(collision)};
    case FaultCause::message_not_remappable:
    case FaultCause::other: break;
  }
  return {};
}

std::vector<Remedy> find_request_remedies(const RemedyCase& collision) {
  const AccessRecord& record = collision.record;
  const std::string& refuser = collision.machine.name(record.landing.decided_by);
  std::vector<Remedy> found;
  Access access = record.access;
  access.address_type = AddressType::untranslated;
  if (record.access.address_type != AddressType::untranslated && is_cured(collision, access))
    found.push_back({"send-untranslated", fmt::format("Let {} send untranslated requests (ATS off): {} does not take "
                                                      "translated ones from it here",
                                                      collision.device_name(), refuser)});
  access = record.access;
  access.pasid.reset();
  if (record.access.pasid && is_cured(collision, access))
    found.push_back({"send-without-pasid", fmt::format("Let {} send this request without a PASID: {} takes none",
                                                       collision.device_name(), refuser)});
  return found;
}

Remedy map_to_memory(const RemedyCase& collision) {
  const PhysAddr physical = collision.record.intent.physical.aligned_down(page_4k);
  return {"map",
          fmt::format("Map IOVA {:#x} in {} to memory: it leads to {} at {:#x}", collision.page(),
                      collision.domain_name(), place_without_memory(physical, collision.machine), physical.value())};
}

}  // namespace iommusim::analysis
