// SPDX-License-Identifier: Apache-2.0
// Domains and the devices in them; what must be invalidated is in the VT-d specification, 6.5.
#include "base/quantity.h"
#include "iommu/vtd/paging_levels.h"
#include "software/driver_error.h"
#include "software/vtd_driver.h"
#include "software/vtd_paging_format.h"

#include <algorithm>
#include <utility>

namespace iommusim::software {

using vtd::Capability;
using vtd::ExtendedCapability;

namespace {

/// SAGAW bit n and AW code n both stand for n + 2 levels.
constexpr unsigned aw_of_levels(unsigned levels) {
  return levels - 2;
}

/// Under this tag the unit caches, in caching mode, that there is no context entry.
constexpr DomainId not_present_tag{0};

}  // namespace

DomainId VtdDriver::create_domain(DomainKind kind, unsigned levels, Stage stage) {
  const DomainId id = free_domain_id();
  const bool first_stage = kind == DomainKind::translating && stage == Stage::first;
  Domain domain{kind, first_stage ? checked_first_stage_levels(levels) : checked_levels(levels), nullptr};
  if (kind == DomainKind::translating)
    domain.tables = first_stage ? make_first_stage_tables(domain.levels, pages_) : make_tables(domain.levels);
  if (kind == DomainKind::identity && !extended_capability().get<ExtendedCapability::PT>())
    domain.tables = make_identity_tables(domain.levels);
  domains_.emplace(id, std::move(domain));
  return id;
}

DomainId VtdDriver::create_nested_domain(unsigned levels, const Range<PhysAddr>& guest_memory) {
  if (!extended_capability().get<ExtendedCapability::NEST>()) registers_.fail("has no nested translation");
  const unsigned second_levels = checked_levels(0);
  GuestMemory::check(guest_memory, page_4k, width_of_levels(second_levels));
  const DomainId id = free_domain_id();
  Domain domain{DomainKind::translating, checked_first_stage_levels(levels), nullptr};
  // Every page by itself.
  auto format = std::make_unique<VtdPagingFormat>(TableFormat{second_levels, false, false, Stage::second});
  domain.guest = std::make_unique<GuestMemory>(registers_.bus(), pages_, guest_memory, std::move(format));
  domain.tables = make_first_stage_tables(domain.levels, domain.guest->table_pages());
  domains_.emplace(id, std::move(domain));
  return id;
}

void VtdDriver::destroy_domain(DomainId id) {
  const Domain& domain = find(id);
  const bool in_use =
      std::any_of(attached_.begin(), attached_.end(), [&](const auto& a) { return a.second.domain == id; });
  if (in_use) throw DriverError(to_string(id) + " still has devices");
  if (domain.tables) domain.tables->release_all();
  if (domain.guest) domain.guest->release_all();
  domains_.erase(id);
}

unsigned VtdDriver::width(DomainId domain) const {
  const Domain& found = find(domain);
  // The upper half of first-stage addresses repeats their highest bit; we leave it alone.
  const bool first_stage = found.tables && found.tables->stage() == Stage::first;
  return first_stage ? vtd::input_width(found.levels) - 1 : width_of_levels(found.levels);
}

// An entry that was not present is cached in caching mode only.
void VtdDriver::attach(DomainId id, RequesterId requester, DeviceTlb device_tlb) {
  const Domain& domain = find(id);
  if (device_tlb != DeviceTlb::no && !offers_device_tlbs(id))
    throw DriverError(to_string(id) + " has no translations that a device could keep");
  if (!device_tables_) throw DriverError("the remapping unit must be prepared before devices are attached");
  detach(requester);
  if (domain.kind != DomainKind::blocked) {
    device_tables_->write(requester, target_of(id, domain, device_tlb));
    if (capability().get<Capability::CM>()) {
      invalidate_context(not_present_tag, requester);
      invalidate_pasids(not_present_tag);
      invalidate_domain(id);
    } else {
      registers_.flush_write_buffer();
    }
  }
  attached_.insert_or_assign(requester, Attachment{id, device_tlb});
}

bool VtdDriver::offers_device_tlbs(DomainId domain) const {
  return extended_capability().get<ExtendedCapability::DT>() && find(domain).tables != nullptr;
}

bool VtdDriver::offers_page_requests(DomainId domain) const {
  return offers_device_tlbs(domain) && page_requests_ != nullptr && is_scalable();
}

void VtdDriver::detach(RequesterId requester) {
  const auto found = attached_.find(requester);
  if (found == attached_.end()) return;
  const auto [id, device_tlb] = found->second;
  attached_.erase(found);
  if (find(id).kind == DomainKind::blocked) return;
  device_tables_->clear(requester);
  invalidate_context(id, requester);
  invalidate_pasids(id);
  invalidate_domain(id);
  if (device_tlb != DeviceTlb::no) invalidate_device_tlb(requester, Range<Iova>::everything());
}

std::optional<DomainId> VtdDriver::domain_of(RequesterId requester) const {
  const auto found = attached_.find(requester);
  return found == attached_.end() ? std::nullopt : std::optional{found->second.domain};
}

unsigned VtdDriver::checked_levels(unsigned levels) const {
  const std::uint64_t offered = capability().get<Capability::SAGAW>();
  if (levels != 0) {
    const bool walks = levels >= 3 && levels <= vtd::max_table_levels && (offered >> aw_of_levels(levels) & 1) != 0;
    if (!walks) registers_.fail("does not walk tables of " + std::to_string(levels) + " levels");
    return levels;
  }
  for (unsigned deepest = vtd::max_table_levels; deepest >= 3; --deepest)
    if ((offered >> aw_of_levels(deepest) & 1) != 0) return deepest;
  registers_.fail("walks no second-stage tables");
}

unsigned VtdDriver::checked_first_stage_levels(unsigned levels) const {
  if (!extended_capability().get<ExtendedCapability::FSTS>()) registers_.fail("has no first stage");
  const unsigned deepest = capability().get<Capability::FS5LP>() ? 5 : 4;
  const unsigned wanted = levels == 0 ? deepest : levels;
  if (wanted < 4 || wanted > deepest)
    registers_.fail("does not walk first-stage tables of " + std::to_string(levels) + " levels");
  return wanted;
}

unsigned VtdDriver::width_of_levels(unsigned levels) const {
  const auto guest_address_width = static_cast<unsigned>(capability().get<Capability::MGAW>() + 1);
  return std::min(guest_address_width, vtd::input_width(levels));
}

DomainId VtdDriver::free_domain_id() const {
  const unsigned bits = 4 + 2 * static_cast<unsigned>(capability().get<Capability::ND>());
  const unsigned count = 1U << std::min(bits, 16U);
  unsigned free = 1;
  for (const auto& [id, domain] : domains_) {
    if (static_cast<unsigned>(id) != free) break;
    ++free;
  }
  if (free == count) registers_.fail("has no domain-id left of its " + std::to_string(count));
  return static_cast<DomainId>(free);
}

const VtdDriver::Domain& VtdDriver::find(DomainId domain) const {
  const auto found = domains_.find(domain);
  if (found == domains_.end()) throw DriverError(to_string(domain) + " does not exist");
  return found->second;
}

std::unique_ptr<PagingTables> VtdDriver::make_tables(unsigned levels) {
  const std::uint64_t large_pages = capability().get<Capability::SSLPS>();
  const TableFormat format{levels, (large_pages & 1) != 0, (large_pages & 2) != 0, Stage::second};
  return std::make_unique<PagingTables>(registers_.bus(), pages_, std::make_unique<VtdPagingFormat>(format));
}

std::unique_ptr<PagingTables> VtdDriver::make_first_stage_tables(unsigned levels, PageAllocator& pages) {
  const TableFormat format{levels, true, capability().get<Capability::FS1GP>(), Stage::first};
  return std::make_unique<PagingTables>(registers_.bus(), pages, std::make_unique<VtdPagingFormat>(format));
}

std::unique_ptr<PagingTables> VtdDriver::make_identity_tables(unsigned levels) {
  const unsigned width = width_of_levels(levels);
  for (const Range<PhysAddr>& memory : config_.identity_ranges)
    if (memory.last.value() >> width != 0)
      registers_.fail("cannot reach all memory by identity: its tables translate " + std::to_string(width) + " bits");
  auto tables = make_tables(levels);
  for (const Range<PhysAddr>& memory : config_.identity_ranges) {
    const Iova first{memory.first.aligned_down(page_4k).value()};
    const Iova last{memory.last.value() | (page_4k - 1)};
    tables->map({first, last}, PhysAddr{first.value()}, {true, true});
  }
  return tables;
}

TableTarget VtdDriver::target_of(DomainId id, const Domain& domain, DeviceTlb device_tlb) const {
  TableTarget target;
  target.domain = static_cast<std::uint16_t>(id);
  // Pass-through asks for the largest width that the unit supports (9.3).
  target.levels = domain.tables ? domain.levels : checked_levels(0);
  if (domain.tables) target.tables = domain.tables->root();
  if (domain.tables) target.stage = domain.tables->stage();
  if (domain.guest) target.below = TableTarget::SecondStage{domain.guest->root(), domain.guest->levels()};
  target.device_tlb = device_tlb != DeviceTlb::no;
  target.page_requests = device_tlb == DeviceTlb::with_page_requests;
  return target;
}

void VtdDriver::invalidate_pasids(DomainId domain) {
  if (!is_scalable()) return;
  vtd::PasidCacheInvalidation request;
  request.granularity = vtd::PasidCacheGranularity::domain;
  request.domain = static_cast<std::uint16_t>(domain);
  if (!invalidation_->submit(request)) registers_.fail("did not invalidate its PASID cache");
}

void VtdDriver::invalidate_context(DomainId tag, RequesterId requester) {
  vtd::ContextInvalidation request;
  request.granularity = vtd::ContextGranularity::device;
  request.domain = static_cast<std::uint16_t>(tag);
  request.source = requester;
  if (!invalidation_->submit(request)) registers_.fail("did not invalidate its context cache");
}

}  // namespace iommusim::software
