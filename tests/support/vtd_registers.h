// SPDX-License-Identifier: Apache-2.0
// A VT-d unit's registers as software sees them, without a driver. Offsets and layouts are retyped from the
// VT-d sheet, section 1, and share nothing with the model's.
#pragma once

#include "base/requester_id.h"
#include "base/word.h"
#include "iommu/vtd/unit.h"

#include <cstdint>

namespace iommusim::tests {

namespace offset {
constexpr std::uint64_t ver = 0x00, cap = 0x08, ecap = 0x10, gcmd = 0x18, gsts = 0x1C, rtaddr = 0x20, ccmd = 0x28;
constexpr std::uint64_t fsts = 0x34, fectl = 0x38, fedata = 0x3C, feaddr = 0x40, feuaddr = 0x44;
constexpr std::uint64_t pmen = 0x64, plmbase = 0x68, plmlimit = 0x6C, phmbase = 0x70, phmlimit = 0x78;
constexpr std::uint64_t iqh = 0x80, iqt = 0x88, iqa = 0x90, ics = 0x9C, iectl = 0xA0, iedata = 0xA4, ieaddr = 0xA8;
constexpr std::uint64_t iqercd = 0xB0, irta = 0xB8;
constexpr std::uint64_t pqh = 0xC0, pqt = 0xC8, pqa = 0xD0, prs = 0xDC, pectl = 0xE0, pedata = 0xE4, peaddr = 0xE8;
constexpr std::uint64_t peuaddr = 0xEC;
}  // namespace offset

/// Bits of GCMD and GSTS (sheet 1.5).
namespace global {
constexpr std::uint32_t te = 1U << 31, srtp = 1U << 30, wbf = 1U << 27, qie = 1U << 26, ire = 1U << 25,
                        sirtp = 1U << 24, cfi = 1U << 23;
/// GSTS bits that a write of GCMD repeats: all but the one-shot ones.
constexpr std::uint32_t level_mask = 0x96FF'FFFF;
}  // namespace global

/// Bits of FSTS (sheet 1.9).
namespace fault_status {
constexpr std::uint32_t pfo = 1U << 0, ppf = 1U << 1, iqe = 1U << 4, ice = 1U << 5, ite = 1U << 6;
constexpr std::uint32_t fri(std::uint32_t fsts) {
  return (fsts >> 8) & 0xFF;
}
}  // namespace fault_status

/// Bits of PRS (sheet 1.16).
namespace page_request_status {
constexpr std::uint32_t ppr = 1U << 0, pro = 1U << 1;
}  // namespace page_request_status

/// Bits of FECTL and IECTL (sheet 1.10).
namespace event_control {
constexpr std::uint32_t im = 1U << 31, ip = 1U << 30;
}  // namespace event_control

/// Encodings of CIRG, CAIG, IIRG, IAIG and of G in descriptors; `selective`: one device, or pages.
enum class Granularity : std::uint8_t { none = 0, global = 1, domain = 2, selective = 3 };

struct ContextCommand : Word<64> {
  using Word::Word;
  struct ICC : Field<63, 63> {};
  struct CIRG : Field<62, 61, Granularity> {};
  struct CAIG : Field<60, 59, Granularity> {};
  struct FM : Field<33, 32> {};
  struct SID : Field<31, 16> {};
  struct DID : Field<15, 0> {};
};

struct IotlbCommand : Word<64> {
  using Word::Word;
  struct IVT : Field<63, 63> {};
  struct IIRG : Field<61, 60, Granularity> {};
  struct IAIG : Field<58, 57, Granularity> {};
  struct DID : Field<47, 32> {};
};

struct InvalidateAddress : Word<64> {
  using Word::Word;
  struct ADDR : Field<63, 12> {};
  struct IH : Field<6, 6> {};
  struct AM : Field<5, 0> {};
};

/// FRCD (sheet 1.11).
struct FaultRecord : Word<128> {
  using Word::Word;
  struct F : Field<127, 127> {};
  struct T1 : Field<126, 126> {};
  struct AT : Field<125, 124> {};
  struct PV : Field<123, 104> {};
  struct FR : Field<103, 96> {};
  struct PP : Field<95, 95> {};
  struct EXE : Field<94, 94> {};
  struct PRIV : Field<93, 93> {};
  struct T2 : Field<92, 92> {};
  struct SID : Field<79, 64> {};
  struct FI : Field<63, 12> {};
};

class VtdRegisters {
 public:
  explicit VtdRegisters(vtd::Unit& unit) : unit_{unit} {}

  std::uint32_t read32(std::uint64_t at) const { return static_cast<std::uint32_t>(unit_.read_register(at, 4)); }
  std::uint64_t read64(std::uint64_t at) const { return unit_.read_register(at, 8); }
  void write32(std::uint64_t at, std::uint32_t value) { unit_.write_register(at, 4, value); }
  void write64(std::uint64_t at, std::uint64_t value) { unit_.write_register(at, 8, value); }

  /// Changes one bit of GCMD, as the one-field-at-a-time rule wants it.
  void command(std::uint32_t bit) { write32(offset::gcmd, (read32(offset::gsts) & global::level_mask) | bit); }
  void withdraw(std::uint32_t bit) { write32(offset::gcmd, read32(offset::gsts) & global::level_mask & ~bit); }
  /// RTADDR and SRTP; `mode` is TTM.
  void set_root(PhysAddr root, unsigned mode = 0);
  /// Register-based commands: start them and give back what the register then reads.
  ContextCommand run(ContextCommand command);
  IotlbCommand run(IotlbCommand command, InvalidateAddress address = {});
  /// Context cache and IOTLB, global. Needs QIES=0.
  void invalidate_everything();

  /// Message registers of an event block (`control`: FECTL or IECTL); the mask is cleared.
  void program_event(std::uint64_t control, std::uint32_t address, std::uint32_t data);

  std::uint64_t fault_record_offset(unsigned index) const;
  FaultRecord fault_record(unsigned index = 0) const;
  /// Writes 1 to F, as a driver does: to the top doubleword only.
  void clear_fault_record(unsigned index = 0);
  std::uint32_t fault_status() const { return read32(offset::fsts); }
  std::uint32_t queue_error() const { return static_cast<std::uint32_t>(read64(offset::iqercd) & 0xF); }

 private:
  std::uint64_t iotlb_offset() const;

  vtd::Unit& unit_;
};

}  // namespace iommusim::tests
