// SPDX-License-Identifier: Apache-2.0
// A VT-d unit with an interrupt remapping table in memory, and devices that send it interrupt requests. Layouts are
// retyped from the VT-d sheet (2.9, 2.10, 3.2) and share nothing with the model's.
#pragma once

#include "support/vtd_bench.h"

#include <cstdint>

namespace iommusim::tests {

enum class Validation : std::uint8_t { none = 0, source = 1, bus = 2, reserved = 3 };

/// Sheet 2.9.
struct Irte : Word<128> {
  using Word::Word;
  struct P : Field<0, 0> {};
  struct FPD : Field<1, 1> {};
  struct DM : Field<2, 2> {};
  struct RH : Field<3, 3> {};
  struct TM : Field<4, 4> {};
  struct DLM : Field<7, 5> {};
  struct URG : Field<14, 14> {};
  struct IM : Field<15, 15> {};
  struct Vector : Field<23, 16> {};
  struct DST : Field<63, 32> {};
  struct PDAL : Field<63, 38> {};
  struct SID : Field<79, 64> {};
  struct SQ : Field<81, 80> {};
  struct SVT : Field<83, 82, Validation> {};
  struct PDAH : Field<127, 96> {};
};

/// Sheet 2.10.
struct PostedDescriptor : Word<512> {
  using Word::Word;
  struct ON : Field<256, 256> {};
  struct SN : Field<257, 257> {};
  struct NV : Field<279, 272> {};
  struct NDST : Field<319, 288> {};
  bool requests(unsigned vector) const { return (word(vector / 64) >> vector % 64 & 1) != 0; }
};

/// A present entry for `device` that makes a fixed, physical, edge-triggered interrupt for an 8-bit APIC ID.
Irte remapped_entry(std::uint8_t vector, std::uint8_t apic_id);
/// A present entry for `device` that posts to the descriptor.
Irte posted_entry(std::uint8_t vector, PhysAddr descriptor);

/// Address of a remappable-format request (sheet 3.2).
constexpr std::uint64_t remappable(unsigned handle, bool subhandle_valid = false) {
  return 0xFEE0'0000U | (handle & 0x7FFFU) << 5 | 1U << 4 | (subhandle_valid ? 1U << 3 : 0U) | (handle >> 15 & 1U) << 2;
}

/// QI on; a table of 2^(S+1) entries (default 256) that SIRTP has made known; IRES on.
struct InterruptBench : VtdBench {
  static constexpr PhysAddr table{0x900'0000};
  static constexpr PhysAddr descriptor{0xA00'0000};

  explicit InterruptBench(const vtd::UnitConfig& config = with_remapping(), std::uint64_t table_flags = 7);
  static vtd::UnitConfig with_remapping();
  static vtd::UnitConfig with_extended_mode();
  static vtd::UnitConfig with_posting();

  void set_entry(unsigned index, const Irte& entry) { tables.store(table + 16 * std::uint64_t{index}, entry); }
  PostedDescriptor load_descriptor() const { return tables.load<PostedDescriptor>(descriptor); }
  void store_descriptor(const PostedDescriptor& value) { tables.store(descriptor, value); }

  iommu::TranslationResult send(std::uint64_t address, std::uint32_t data = 0, RequesterId from = device);
  /// iec_inv_dsc for everything, or for 2^mask entries around `index`.
  void invalidate_entries();
  void invalidate_entries(unsigned index, unsigned mask);
};

/// The request is delivered as this message and no fault is recorded.
void expect_message(const InterruptBench& bench, const iommu::TranslationResult& result, std::uint64_t address,
                    std::uint32_t data);
/// The request is blocked, and FRCD tells reason, source and index; the record is cleared.
void expect_interrupt_fault(InterruptBench& bench, const iommu::TranslationResult& result, std::uint16_t reason,
                            unsigned index, RequesterId from = device);
/// The request is blocked without a record.
void expect_unrecorded_interrupt_fault(const InterruptBench& bench, const iommu::TranslationResult& result,
                                       std::uint16_t reason);

}  // namespace iommusim::tests
