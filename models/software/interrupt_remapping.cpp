// SPDX-License-Identifier: Apache-2.0
#include "software/interrupt_remapping.h"

#include "software/driver_error.h"

#include <algorithm>
#include <string>

namespace iommusim::software {

using vtd::ExtendedCapability;
using vtd::GlobalCommand;
using vtd::GlobalStatus;
using vtd::RegisterId;
using Entry = vtd::InterruptRemappingEntry;

namespace {

using TableAddress = vtd::InterruptRemappingTableAddress;

std::size_t pages_of(unsigned entries) {
  return std::max<std::size_t>(entries * Entry::bytes / page_4k, 1);
}

/// S of a table of 2^(S+1) entries.
unsigned size_code(unsigned entries) {
  unsigned code = 0;
  while ((2U << code) < entries)
    ++code;
  return code;
}

/// One source is compared in full. A device that sends under several IDs has them on one bus, whose requests are let
/// in.
void validate_source(Entry& entry, const std::vector<RequesterId>& sources) {
  const RequesterId first = sources.front();
  if (sources.size() == 1) {
    entry.set<Entry::SVT>(vtd::SourceValidation::source_id);
    entry.set<Entry::SID>(first.raw());
    return;
  }
  const auto by_bus = [](RequesterId a, RequesterId b) { return a.bus() < b.bus(); };
  const auto [least, most] = std::minmax_element(sources.begin(), sources.end(), by_bus);
  entry.set<Entry::SVT>(vtd::SourceValidation::bus_range);
  entry.set<Entry::SID>(static_cast<std::uint16_t>(least->bus() << 8 | most->bus()));
}

}  // namespace

InterruptRemapping::InterruptRemapping(RemappingRegisters& registers, InvalidationSubmitter& invalidation,
                                       PageAllocator& pages, unsigned entries)
    : registers_{registers},
      invalidation_{invalidation},
      entries_{entries},
      table_{pages.allocate_block(pages_of(entries))} {}

void InterruptRemapping::start() {
  extended_ = registers_.extended_capability().get<ExtendedCapability::EIM>();
  TableAddress address;
  address.set<TableAddress::IRTA>(table_.value() / page_4k);
  address.set<TableAddress::EIME>(extended_);
  address.set<TableAddress::S>(size_code(entries_));
  registers_.write(RegisterId::irta, address);
  registers_.command<GlobalCommand::SIRTP, GlobalStatus::IRTPS>(true, "take the interrupt remapping table");
  const bool forgets_by_itself = registers_.capability().get<vtd::Capability::ESIRTPS>();
  if (!forgets_by_itself && !invalidation_.submit(vtd::InterruptEntryInvalidation{}))
    registers_.fail("did not invalidate its interrupt-entry cache");
  switch_on(true);
}

void InterruptRemapping::switch_on(bool on) {
  registers_.command<GlobalCommand::IRE, GlobalStatus::IRES>(on, "switch interrupt remapping");
}

std::uint16_t InterruptRemapping::allocate(unsigned count) {
  if (count > entries_ - next_)
    registers_.fail("has no interrupt remapping table entry left of " + std::to_string(entries_));
  const unsigned first = next_;
  next_ += count;
  return static_cast<std::uint16_t>(first);
}

// The present bit lies in the low word: what was not present becomes so at once, and what was present is changed in
// halves that hardware may see before the invalidation.
void InterruptRemapping::write(std::uint32_t index, const Entry& entry, bool invalidate) {
  if (index >= entries_)
    throw DriverError("the interrupt remapping table has " + std::to_string(entries_) + " entries");
  const PhysAddr place = table_ + std::uint64_t{index} * Entry::bytes;
  registers_.bus().store64(place + 8, entry.word(1));
  registers_.bus().store64(place, entry.word(0));
  if (!invalidate) return;
  const vtd::InterruptEntryInvalidation request{false, static_cast<std::uint16_t>(index), 0};
  if (!invalidation_.submit(request)) registers_.fail("did not invalidate an interrupt remapping table entry");
}

Entry InterruptRemapping::entry(const InterruptTarget& target, const std::vector<RequesterId>& sources) const {
  Entry entry;
  entry.set<Entry::P>(true);
  entry.set<Entry::V>(target.vector);
  if (extended_)
    entry.set<Entry::DST>(target.apic_id);
  else
    entry.set<Entry::DST8>(static_cast<std::uint8_t>(target.apic_id));
  validate_source(entry, sources);
  return entry;
}

Entry InterruptRemapping::entry(const PostingTarget& target, const std::vector<RequesterId>& sources) {
  Entry entry;
  entry.set<Entry::P>(true);
  entry.set<Entry::IM>(true);
  entry.set<Entry::URG>(target.urgent);
  entry.set<Entry::V>(target.vector);
  entry.set<Entry::PDAL>(target.descriptor.value() >> 6);
  entry.set<Entry::PDAH>(target.descriptor.value() >> 32);
  validate_source(entry, sources);
  return entry;
}

}  // namespace iommusim::software
