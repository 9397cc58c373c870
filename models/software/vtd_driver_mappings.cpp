// SPDX-License-Identifier: Apache-2.0
// Mappings of translating domains, and what the unit must forget when they change (VT-d specification, 6.5).
#include "base/quantity.h"
#include "software/driver_error.h"
#include "software/vtd_driver.h"

namespace iommusim::software {

using vtd::Capability;

namespace {

/// The smallest AM whose naturally aligned block holds the whole range.
std::uint8_t address_mask(const Range<Iova>& range) {
  std::uint64_t first = range.first.value() / page_4k;
  std::uint64_t last = range.last.value() / page_4k;
  std::uint8_t mask = 0;
  for (; first != last; ++mask) {
    first >>= 1;
    last >>= 1;
  }
  return mask;
}

std::string describe(Iova iova, std::uint64_t size) {
  return "the range of " + format_size(size) + " from " + format_hex(iova.value());
}

}  // namespace

void VtdDriver::map(DomainId domain, const MapRequest& request) {
  const Domain& found = translating_domain(domain);
  const Range<Iova> range = checked_range(domain, request.iova, request.size);
  if (request.physical.offset_in(page_4k) != 0)
    throw DriverError("the physical address " + format_hex(request.physical.value()) + " is not 4 KiB aligned");
  if (!request.permissions.read && !request.permissions.write)
    throw DriverError("a mapping must allow reads or writes");
  map_in(found, range, request);
  // A page that was not mapped is cached in caching mode only.
  if (capability().get<Capability::CM>())
    invalidate_block(domain, range);
  else
    registers_.flush_write_buffer();
}

void VtdDriver::map_in(const Domain& domain, const Range<Iova>& range, const MapRequest& request) {
  if (domain.guest) return domain.guest->map(*domain.tables, range, request);
  domain.tables->map(range, request.physical, request.permissions);
}

void VtdDriver::unmap(DomainId domain, Iova iova, std::uint64_t size, Invalidate invalidate) {
  const Domain& found = translating_domain(domain);
  const Range<Iova> range = checked_range(domain, iova, size);
  found.tables->unmap(range);
  if (invalidate != Invalidate::no) invalidate_block(domain, range);
  if (invalidate == Invalidate::yes) invalidate_device_tlbs(domain, range);
}

void VtdDriver::invalidate(DomainId domain, Iova iova, std::uint64_t size) {
  find(domain);
  const auto range = Range<Iova>::from_size(iova, size);
  if (!range) throw DriverError(describe(iova, size) + " is empty or passes 64 bits");
  invalidate_block(domain, *range);
  invalidate_device_tlbs(domain, *range);
}

const VtdDriver::Domain& VtdDriver::translating_domain(DomainId id) const {
  const Domain& domain = find(id);
  if (domain.kind == DomainKind::translating) return domain;
  throw DriverError(to_string(id) + " does not translate: it has no mappings");
}

Range<Iova> VtdDriver::checked_range(DomainId domain, Iova iova, std::uint64_t size) const {
  if (iova.offset_in(page_4k) != 0 || size % page_4k != 0 || size == 0)
    throw DriverError(describe(iova, size) + " is not made of whole 4 KiB pages");
  const auto range = Range<Iova>::from_size(iova, size);
  if (!range || range->last.value() >> width(domain) != 0)
    throw DriverError(describe(iova, size) + " passes the " + std::to_string(width(domain)) + " bits of " +
                      to_string(domain));
  return *range;
}

void VtdDriver::invalidate_block(DomainId domain, const Range<Iova>& range) {
  const std::uint8_t mask = address_mask(range);
  if (!capability().get<Capability::PSI>() || mask > capability().get<Capability::MAMV>()) {
    invalidate_domain(domain);
    return;
  }
  vtd::IotlbInvalidation request;
  request.granularity = vtd::IotlbGranularity::page;
  request.address = range.first.aligned_down(page_4k << mask);
  request.address_mask = mask;
  submit(domain, request, vtd::invalidated_block(request));
}

void VtdDriver::invalidate_domain(DomainId domain) {
  vtd::IotlbInvalidation request;
  request.granularity = vtd::IotlbGranularity::domain;
  submit(domain, request, Range<Iova>::everything());
}

void VtdDriver::invalidate_device_tlbs(DomainId domain, const Range<Iova>& range) {
  const std::uint8_t mask = address_mask(range);
  const std::uint64_t size = page_4k << mask;
  // Twelve bits of 64 lie inside the smallest page.
  constexpr std::uint8_t everything = 52;
  const Iova first = mask < everything ? range.first.aligned_down(size) : Iova{0};
  const Range<Iova> block = mask < everything ? Range<Iova>{first, first + (size - 1)} : Range<Iova>::everything();
  for (const auto& [requester, attachment] : attached_)
    if (attachment.domain == domain && attachment.device_tlb != DeviceTlb::no) invalidate_device_tlb(requester, block);
}

/// After the unit's own caches: a device that asks again must not be told the old translation (6.5.2.5).
void VtdDriver::invalidate_device_tlb(RequesterId requester, const Range<Iova>& block) {
  // A device that does not answer keeps what it has; nothing more can be done from here.
  static_cast<void>(invalidation_->submit(iommu::DeviceTlbInvalidation{requester, std::nullopt, false, block}));
}

// Before the unit has our root table it can have cached nothing of it, and its queue does not run. Pages that it may
// still walk are not used again.
void VtdDriver::submit(DomainId domain, const vtd::IotlbInvalidation& request, const Range<Iova>& forgotten) {
  vtd::IotlbInvalidation tagged = request;
  tagged.domain = static_cast<std::uint16_t>(domain);
  if (device_tables_ && !invalidation_->submit(tagged)) return;
  if (const auto& tables = find(domain).tables) tables->release_unlinked(forgotten);
}

}  // namespace iommusim::software
