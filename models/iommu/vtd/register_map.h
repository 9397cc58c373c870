// SPDX-License-Identifier: Apache-2.0
// The register block as data (VT-d specification, 11.4): where each register lies and what software may do to
// its bits.
#pragma once

#include "iommu/vtd/config.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace iommusim::vtd {

/// Every register, in the order of register_table.
enum class RegisterId : std::uint8_t {
  ver,
  cap,
  ecap,
  gcmd,
  gsts,
  rtaddr,
  ccmd,
  fsts,
  fectl,
  fedata,
  feaddr,
  feuaddr,
  pmen,
  plmbase,
  plmlimit,
  phmbase,
  phmlimit,
  iqh,
  iqt,
  iqa,
  ics,
  iectl,
  iedata,
  ieaddr,
  ieuaddr,
  iqercd,
  pqh,
  pqt,
  pqa,
  prs,
  pectl,
  pedata,
  peaddr,
  peuaddr,
  iva,
  iotlb,
  /// Bits 63:0 and 127:64 of a fault record.
  frcd_low,
  frcd_high,
};
constexpr std::size_t register_ids = static_cast<std::size_t>(RegisterId::frcd_high) + 1;

/// What a register's offset counts from.
enum class RegisterBase : std::uint8_t { block, iotlb, fault_record };

/// What a unit must have for the register to exist; without it the register reads 0 and ignores writes.
enum class Needs : std::uint8_t {
  nothing,
  queued_invalidation,
  protected_memory,
  protected_low_memory,
  protected_high_memory,
  extended_interrupt_mode,
  page_requests,
};

/// One register: every bit that no mask names is read-only.
struct RegisterSpec {
  RegisterId id;
  std::string_view name;
  RegisterBase base;
  std::uint16_t offset;
  /// Bytes: 4 or 8.
  std::uint8_t width;
  std::uint64_t reset;
  /// Bits that keep what is written.
  std::uint64_t read_write;
  /// Bits that a written 1 clears.
  std::uint64_t write_1_clears;
  /// Bits that are taken when written and read as 0.
  std::uint64_t write_only;
  Needs needs;
  std::string_view section;
};

/// The registers as the architecture has them.
extern const std::array<RegisterSpec, register_ids> register_table;

/// The registers of one unit: offsets are absolute, masks are narrowed to what the unit implements, each
/// further fault record follows at the end. The first register_ids elements are in the order of RegisterId.
std::vector<RegisterSpec> registers_of(const UnitConfig& config);

/// The value after software wrote the bytes of `data` that `byte_enables` (bit n: byte n) selects.
constexpr std::uint64_t apply_write(const RegisterSpec& spec, std::uint64_t old, std::uint64_t data,
                                    std::uint8_t byte_enables) {
  std::uint64_t written = 0;
  for (unsigned byte = 0; byte < spec.width; ++byte)
    if ((byte_enables >> byte & 1) != 0) written |= std::uint64_t{0xFF} << (8 * byte);
  const std::uint64_t kept = (spec.read_write | spec.write_only) & written;
  const std::uint64_t cleared = spec.write_1_clears & written & data;
  return ((old & ~kept) | (data & kept)) & ~cleared;
}

/// What software reads of `value`.
constexpr std::uint64_t readable(const RegisterSpec& spec, std::uint64_t value) {
  return value & ~spec.write_only;
}

}  // namespace iommusim::vtd
