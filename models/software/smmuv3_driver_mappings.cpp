// SPDX-License-Identifier: Apache-2.0
// Mappings of translating domains, and what the unit must forget when they change (SMMUv3 architecture, 3.17 and 4.4).
#include "base/quantity.h"
#include "software/driver_error.h"
#include "software/smmuv3_driver.h"

#include <algorithm>

namespace iommusim::software {

using smmuv3::Command;
using smmuv3::DeviceTlbCommand;
using smmuv3::Granule;
using smmuv3::Idr3;
using smmuv3::Opcode;
using smmuv3::TlbCommand;

namespace {

/// Without ranges, more commands than this are worth the whole domain.
constexpr std::uint64_t most_pages = 512;
/// NUM + 1, at most 31 in use as in Linux.
constexpr std::uint64_t most_units = 31;

/// TG of commands.
unsigned granule_code(Granule granule) {
  return (static_cast<unsigned>(granule) - 10) / 2;
}

/// log2 of the pages of 4 KiB in the smallest aligned block that holds the whole range.
unsigned block_size(const Range<Iova>& range) {
  std::uint64_t first = range.first.value() / page_4k;
  std::uint64_t last = range.last.value() / page_4k;
  unsigned size = 0;
  for (; first != last; ++size) {
    first >>= 1;
    last >>= 1;
  }
  return size;
}

std::string describe(Iova iova, std::uint64_t size) {
  return "the range of " + format_size(size) + " from " + format_hex(iova.value());
}

}  // namespace

void Smmuv3Driver::map(DomainId domain, const MapRequest& request) {
  PagingTables& tables = translating_tables(domain);
  const Range<Iova> range = checked_range(domain, request.iova, request.size);
  check_physical(request.physical, request.size);
  if (!request.permissions.read && !request.permissions.write)
    throw DriverError("a mapping must allow reads or writes");
  // What was not mapped is in no cache (3.17).
  if (const Domain& found = find(domain); found.guest) return found.guest->map(tables, range, request);
  tables.map(range, request.physical, request.permissions, request.memory);
}

void Smmuv3Driver::unmap(DomainId domain, Iova iova, std::uint64_t size, Invalidate invalidate) {
  PagingTables& tables = translating_tables(domain);
  const Range<Iova> range = checked_range(domain, iova, size);
  tables.unmap(range);
  if (invalidate != Invalidate::no) invalidate_unit(domain, range);
  if (invalidate == Invalidate::yes) invalidate_device_tlbs(domain, range);
}

void Smmuv3Driver::invalidate(DomainId domain, Iova iova, std::uint64_t size) {
  const Domain& found = find(domain);
  const auto range = Range<Iova>::from_size(iova, size);
  if (!range) throw DriverError(describe(iova, size) + " is empty or passes 64 bits");
  if (!found.tables) return;
  const std::uint64_t offsets = page_size() - 1;
  const Range<Iova> pages{range->first.aligned_down(page_size()), Iova{range->last.value() | offsets}};
  invalidate_unit(domain, pages);
  invalidate_device_tlbs(domain, pages);
}

PagingTables& Smmuv3Driver::translating_tables(DomainId id) const {
  const Domain& domain = find(id);
  if (domain.tables) return *domain.tables;
  throw DriverError(to_string(id) + " does not translate: it has no mappings");
}

Range<Iova> Smmuv3Driver::checked_range(DomainId domain, Iova iova, std::uint64_t size) const {
  if (iova.offset_in(page_size()) != 0 || size % page_size() != 0 || size == 0)
    throw DriverError(describe(iova, size) + " is not made of whole " + format_size(page_size()) + " pages");
  const auto range = Range<Iova>::from_size(iova, size);
  if (!range || range->last.value() >> width(domain) != 0)
    throw DriverError(describe(iova, size) + " passes the " + std::to_string(width(domain)) + " bits of " +
                      to_string(domain));
  return *range;
}

void Smmuv3Driver::check_physical(PhysAddr physical, std::uint64_t size) const {
  if (physical.offset_in(page_size()) != 0)
    throw DriverError("the physical address " + format_hex(physical.value()) + " is not " + format_size(page_size()) +
                      " aligned");
  const auto range = Range<PhysAddr>::from_size(physical, size);
  if (!range || range->last.value() >> registers_.output_bits() != 0)
    throw DriverError("the physical address " + format_hex(physical.value()) + " with " + format_size(size) +
                      " passes the " + std::to_string(registers_.output_bits()) + " bits of the SMMU");
}

// Before the queue runs the unit can have cached nothing of ours. Pages that it may still walk are not used again.
void Smmuv3Driver::invalidate_unit(DomainId domain, const Range<Iova>& range) {
  if (stream_table_) {
    put_invalidations(domain, range);
    if (!commands_.synchronize()) return;
  }
  find(domain).tables->release_unlinked(range);
}

/// In units of 2^SCALE pages, up to 31 of them in one command (4.4.1). A page alone needs no range.
void Smmuv3Driver::put_invalidations(DomainId domain, const Range<Iova>& range) {
  const bool ranges = registers_.idr3().get<Idr3::RIL>();
  std::uint64_t pages = (range.last - range.first) / page_size() + 1;
  const bool beyond = range.last.value() >> width(domain) != 0;
  if (beyond || (!ranges && pages > most_pages)) return commands_.put(domain_invalidation(domain));
  for (Iova first = range.first; pages != 0;) {
    TlbCommand command = page_invalidation(domain, first);
    unsigned scale = 0;
    while (ranges && (pages >> scale & 1) == 0)
      ++scale;
    const std::uint64_t units = ranges ? pages >> scale & most_units : 1;
    if (units << scale > 1) {
      command.set<TlbCommand::NUM>(units - 1);
      command.set<TlbCommand::SCALE>(scale);
      command.set<TlbCommand::TG>(granule_code(granule_));
    }
    commands_.put(command);
    first += (units << scale) * page_size();
    pages -= units << scale;
  }
}

/// Leaf is 0: tables may have been unlinked, not leaves alone.
TlbCommand Smmuv3Driver::page_invalidation(DomainId domain, Iova first) const {
  const bool stage_1 = find(domain).tables->stage() == Stage::first;
  auto command = command_of<TlbCommand>(stage_1 ? Opcode::tlbi_nh_va : Opcode::tlbi_s2_ipa);
  set_tags(command, domain);
  command.set<TlbCommand::Address>(first.value() >> (TlbCommand::Address::lo % 64));
  return command;
}

/// A nested domain is alone with its VMID.
TlbCommand Smmuv3Driver::domain_invalidation(DomainId domain) const {
  const Domain& found = find(domain);
  const bool is_asid = found.tables->stage() == Stage::first && !found.guest;
  auto command = command_of<TlbCommand>(is_asid ? Opcode::tlbi_nh_asid : Opcode::tlbi_s12_vmall);
  set_tags(command, domain);
  return command;
}

/// Entries of stage 1 alone have VMID 0 (3.17).
void Smmuv3Driver::set_tags(TlbCommand& command, DomainId domain) const {
  const Domain& found = find(domain);
  const auto tag = static_cast<std::uint16_t>(domain);
  const bool stage_1 = found.tables->stage() == Stage::first;
  if (stage_1) command.set<TlbCommand::ASID>(tag);
  if (!stage_1 || found.guest) command.set<TlbCommand::VMID>(tag);
}

/// After the unit's own caches: a device that asks again must not be told the old translation (3.9.1).
void Smmuv3Driver::invalidate_device_tlbs(DomainId domain, const Range<Iova>& range) {
  if (!stream_table_) return;
  const unsigned size = block_size(range);
  const std::uint64_t first = size < everything ? range.first.aligned_down(page_4k << size).value() : 0;
  bool any = false;
  for (const auto& [requester, attachment] : attached_) {
    if (attachment.domain != domain || attachment.device_tlb == DeviceTlb::no) continue;
    auto command = command_of<DeviceTlbCommand>(Opcode::atc_inv);
    command.set<Command::StreamID>(attachment.stream);
    command.set<DeviceTlbCommand::Size>(size);
    command.set<DeviceTlbCommand::Address>(first / page_4k);
    commands_.put(command);
    any = true;
  }
  // A device that does not answer keeps what it has; nothing more can be done from here.
  if (any) static_cast<void>(commands_.synchronize());
}

}  // namespace iommusim::software
