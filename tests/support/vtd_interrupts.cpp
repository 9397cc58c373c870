// SPDX-License-Identifier: Apache-2.0
#include "support/vtd_interrupts.h"

#include <catch2/catch.hpp>

namespace iommusim::tests {
namespace {

constexpr std::uint32_t ire = 1U << 25;
/// iec_inv_dsc (sheet 5.1).
struct InterruptEntryDescriptor : Descriptor {
  using Descriptor::Descriptor;
  static constexpr std::uint64_t type = 4;
  struct G : Field<4, 4> {};
  struct IM : Field<31, 27> {};
  struct IIDX : Field<47, 32> {};
};

Irte present_entry(std::uint8_t vector) {
  Irte entry;
  entry.set<Irte::P>(1);
  entry.set<Irte::Vector>(vector);
  entry.set<Irte::SVT>(Validation::source);
  entry.set<Irte::SID>(device.raw());
  return entry;
}

}  // namespace

Irte remapped_entry(std::uint8_t vector, std::uint8_t apic_id) {
  Irte entry = present_entry(vector);
  entry.set<Irte::DST>(std::uint64_t{apic_id} << 8);
  return entry;
}

Irte posted_entry(std::uint8_t vector, PhysAddr descriptor) {
  Irte entry = present_entry(vector);
  entry.set<Irte::IM>(1);
  entry.set<Irte::PDAL>(descriptor.value() >> 6);
  entry.set<Irte::PDAH>(descriptor.value() >> 32);
  return entry;
}

vtd::UnitConfig InterruptBench::with_remapping() {
  vtd::UnitConfig config;
  config.interrupt_remapping = true;
  return config;
}

vtd::UnitConfig InterruptBench::with_extended_mode() {
  vtd::UnitConfig config = with_remapping();
  config.extended_interrupt_mode = true;
  return config;
}

vtd::UnitConfig InterruptBench::with_posting() {
  vtd::UnitConfig config = with_remapping();
  config.posted_interrupts = true;
  return config;
}

InterruptBench::InterruptBench(const vtd::UnitConfig& config, std::uint64_t table_flags) : VtdBench{config} {
  queue.enable();
  registers.write64(offset::irta, table.value() | table_flags);
  registers.command(global::sirtp);
  registers.command(ire);
}

iommu::TranslationResult InterruptBench::send(std::uint64_t address, std::uint32_t data, RequesterId from) {
  iommu::TranslationRequest request = write_of(address, from);
  request.message_data = data;
  return translate(request);
}

void InterruptBench::invalidate_entries() {
  queue.submit(tests::descriptor<InterruptEntryDescriptor>());
}

void InterruptBench::invalidate_entries(unsigned index, unsigned mask) {
  auto selective = tests::descriptor<InterruptEntryDescriptor>();
  selective.set<InterruptEntryDescriptor::G>(1);
  selective.set<InterruptEntryDescriptor::IM>(mask);
  selective.set<InterruptEntryDescriptor::IIDX>(index);
  queue.submit(selective);
}

void expect_message(const InterruptBench& bench, const iommu::TranslationResult& result, std::uint64_t address,
                    std::uint32_t data) {
  CHECK(result.outcome == iommu::Outcome::interrupt);
  CHECK(result.address.value() == address);
  CHECK(result.message_data == data);
  CHECK(bench.no_fault_recorded());
}

void expect_interrupt_fault(InterruptBench& bench, const iommu::TranslationResult& result, std::uint16_t reason,
                            unsigned index, RequesterId from) {
  INFO("expected fault reason " << reason);
  CHECK(result.outcome == iommu::Outcome::fault);
  CHECK(result.fault_reason == reason);
  CHECK(result.fault_recorded);
  CHECK(result.status == CompletionStatus::none);
  const FaultRecord record = bench.registers.fault_record();
  CHECK(record.get<FaultRecord::F>() == 1);
  CHECK(record.get<FaultRecord::FR>() == reason);
  CHECK(record.get<FaultRecord::SID>() == from.raw());
  // The index is in bits 63:48, the rest of FI is 0.
  CHECK(record.word(0) == std::uint64_t{index} << 48);
  bench.registers.clear_fault_record();
}

void expect_unrecorded_interrupt_fault(const InterruptBench& bench, const iommu::TranslationResult& result,
                                       std::uint16_t reason) {
  CHECK(result.outcome == iommu::Outcome::fault);
  CHECK(result.fault_reason == reason);
  CHECK_FALSE(result.fault_recorded);
  CHECK(bench.no_fault_recorded());
}

}  // namespace iommusim::tests
