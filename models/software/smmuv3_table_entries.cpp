// SPDX-License-Identifier: Apache-2.0
#include "software/smmuv3_table_entries.h"

namespace iommusim::software {

using smmuv3::ContextDescriptor;
using smmuv3::Granule;
using smmuv3::StreamTableEntry;
using smmuv3::TableGeometry;

namespace {

// STE.Config.
constexpr std::uint8_t aborts = 0;
constexpr std::uint8_t bypasses = 4;
constexpr std::uint8_t stage_1_only = 5;
constexpr std::uint8_t stage_2_only = 6;
constexpr std::uint8_t both_stages = 7;
// Of fetches and walks: write-back with read (and write) allocation, inner shareable.
constexpr std::uint8_t write_back = 1;
constexpr std::uint8_t inner_shareable = 3;
/// SHCFG.
constexpr std::uint8_t use_incoming = 1;
/// EATS.
constexpr std::uint8_t full_ats = 1;

StreamTableEntry entry_with(std::uint8_t config) {
  StreamTableEntry entry;
  entry.set<StreamTableEntry::V>(true);
  entry.set<StreamTableEntry::Config>(config);
  if (config != aborts) entry.set<StreamTableEntry::SHCFG>(use_incoming);
  return entry;
}

/// TG0 and S2TG.
std::uint8_t granule_code(Granule granule) {
  switch (granule) {
    case Granule::size_4k: return 0;
    case Granule::size_16k: return 2;
    case Granule::size_64k: return 1;
  }
  return 0;
}

std::uint8_t t0sz(const TableGeometry& geometry) {
  return static_cast<std::uint8_t>(64 - geometry.input_bits);
}

/// S2SL0 counts from level 2 with a granule of 4 KiB, else from level 3.
std::uint8_t start_level_code(const TableGeometry& geometry) {
  const unsigned lowest = geometry.granule == Granule::size_4k ? 2 : 3;
  return static_cast<std::uint8_t>(lowest - geometry.start_level);
}

void set_stage_1(StreamTableEntry& entry, PhysAddr context, const StreamTarget& target, bool may_stall) {
  entry.set<StreamTableEntry::S1ContextPtr>(context.value() >> StreamTableEntry::S1ContextPtr::lo);
  entry.set<StreamTableEntry::S1CIR>(write_back);
  entry.set<StreamTableEntry::S1COR>(write_back);
  entry.set<StreamTableEntry::S1CSH>(inner_shareable);
  entry.set<StreamTableEntry::S1STALLD>(may_stall && !target.stalls);
}

}  // namespace

StreamTableEntry abort_entry() {
  return entry_with(aborts);
}

StreamTableEntry bypass_entry() {
  return entry_with(bypasses);
}

StreamTableEntry stage_1_entry(PhysAddr context, const StreamTarget& target, bool may_stall) {
  StreamTableEntry entry = entry_with(stage_1_only);
  set_stage_1(entry, context, target, may_stall);
  entry.set<StreamTableEntry::EATS>(target.device_tlb ? full_ats : std::uint8_t{0});
  return entry;
}

StreamTableEntry nested_entry(PhysAddr context, const StreamTarget& first, const StreamTarget& second, bool may_stall) {
  StreamTableEntry entry = stage_2_entry(second);
  entry.set<StreamTableEntry::Config>(both_stages);
  set_stage_1(entry, context, first, may_stall);
  return entry;
}

StreamTableEntry stage_2_entry(const StreamTarget& target) {
  StreamTableEntry entry = entry_with(stage_2_only);
  entry.set<StreamTableEntry::EATS>(target.device_tlb ? full_ats : std::uint8_t{0});
  entry.set<StreamTableEntry::S2VMID>(target.tag);
  entry.set<StreamTableEntry::S2T0SZ>(t0sz(target.geometry));
  entry.set<StreamTableEntry::S2SL0>(start_level_code(target.geometry));
  entry.set<StreamTableEntry::S2IR0>(write_back);
  entry.set<StreamTableEntry::S2OR0>(write_back);
  entry.set<StreamTableEntry::S2SH0>(inner_shareable);
  entry.set<StreamTableEntry::S2TG>(granule_code(target.geometry.granule));
  entry.set<StreamTableEntry::S2PS>(target.output_size);
  entry.set<StreamTableEntry::S2AA64>(true);
  entry.set<StreamTableEntry::S2PTW>(true);
  entry.set<StreamTableEntry::S2R>(true);
  entry.set<StreamTableEntry::S2S>(target.stalls);
  entry.set<StreamTableEntry::S2TTB>(target.root.value() >> (StreamTableEntry::S2TTB::lo % 64));
  return entry;
}

/// Faults are recorded and end in an abort. The ASID is not one of the processors (ASET).
ContextDescriptor context_descriptor(const StreamTarget& target) {
  ContextDescriptor descriptor;
  descriptor.set<ContextDescriptor::V>(true);
  descriptor.set<ContextDescriptor::AA64>(true);
  descriptor.set<ContextDescriptor::T0SZ>(t0sz(target.geometry));
  descriptor.set<ContextDescriptor::TG0>(granule_code(target.geometry.granule));
  descriptor.set<ContextDescriptor::IR0>(write_back);
  descriptor.set<ContextDescriptor::OR0>(write_back);
  descriptor.set<ContextDescriptor::SH0>(inner_shareable);
  descriptor.set<ContextDescriptor::EPD1>(true);
  descriptor.set<ContextDescriptor::IPS>(target.output_size);
  descriptor.set<ContextDescriptor::R>(true);
  descriptor.set<ContextDescriptor::A>(true);
  descriptor.set<ContextDescriptor::S>(target.stalls);
  descriptor.set<ContextDescriptor::ASET>(true);
  descriptor.set<ContextDescriptor::ASID>(target.tag);
  descriptor.set<ContextDescriptor::TTB0>(target.root.value() >> (ContextDescriptor::TTB0::lo % 64));
  descriptor.set<ContextDescriptor::MAIR>(vmsa_memory_attributes);
  return descriptor;
}

}  // namespace iommusim::software
