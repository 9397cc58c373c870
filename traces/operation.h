// SPDX-License-Identifier: Apache-2.0
// One operation of a trace. docs/trace-format.md is the reference of the text form.
#pragma once

#include "base/access.h"
#include "base/quantity.h"
#include "software/invalidate.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace iommusim::traces {

/// A BAR that an operation names in place of a number; the operation's address is then the offset in it.
struct BarName {
  /// Empty: the address is a number.
  std::string device;
  unsigned index = 0;
  bool given() const { return !device.empty(); }
};

/// A device reads or writes memory. Any size up to 16 MiB; the endpoint splits it into TLPs.
struct Dma {
  Operation operation = Operation::read;
  BusAddr address;
  std::uint64_t size = 0;
  /// Writes: what to write; empty: a pattern that tells device and address apart (see docs).
  std::vector<std::uint8_t> data;
  AddressType address_type = AddressType::untranslated;
  std::optional<Pasid> pasid = std::nullopt;
  /// Sent under another device and function number of the device's bus: a DMA-alias quirk.
  std::optional<std::uint8_t> alias = std::nullopt;
  /// Writes and atomics: sent as poisoned, because the device knows that the data is bad.
  bool poisoned = false;
  BarName bar = {};
  /// What all TLPs say, beside what the device's DMA says by itself (`dma` of the platform).
  bool relaxed_ordering = false;
  bool id_based_ordering = false;
  std::optional<std::uint8_t> traffic_class = std::nullopt;
  /// Sent by the device's own firmware: the address is a physical one, whatever software maps.
  bool firmware = false;

  /// Becomes a new one, but keeps its memory.
  void renew() {
    operation = Operation::read;
    address = BusAddr{};
    size = 0;
    data.clear();
    address_type = AddressType::untranslated;
    pasid.reset();
    alias.reset();
    poisoned = false;
    firmware = false;
    if (bar.given()) bar = BarName{};
    relaxed_ordering = false;
    id_based_ordering = false;
    traffic_class.reset();
  }
};

/// Bytes of the largest.
constexpr std::uint64_t largest_dma = std::uint64_t{16} << 20;

/// A device signals interrupt `vector` of its MSI or MSI-X capability.
struct Msi {
  unsigned vector = 0;
  bool poisoned = false;
};

/// A device writes `value` (4 bytes) to `address`: a message that no driver programmed.
struct RawWrite {
  BusAddr address;
  std::uint32_t value = 0;
  bool poisoned = false;
  BarName bar = {};
};

/// Software maps, unmaps or invalidates in the domain of a device.
struct Map {
  Iova iova;
  std::uint64_t size = 0;
  /// A number, or buffer name plus offset.
  std::string buffer;
  std::uint64_t physical_or_offset = 0;
  bool read = true;
  bool write = true;
};
struct Unmap {
  Iova iova;
  std::uint64_t size = 0;
  /// What is told of the change besides the tables. Less than everything is a software fault to be shown.
  software::Invalidate invalidate = software::Invalidate::yes;
};
struct Invalidate {
  Iova iova;
  std::uint64_t size = 0;
};

/// Software writes an entry of the interrupt remapping table for messages of a device.
struct ProgramEntry {
  std::uint32_t index = 0;
  /// Bits 63:0 and 127:64.
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  /// False: the unit is not told (a software fault to be shown).
  bool invalidate = true;
};

/// A configuration write by software, by name: "acs.p2p-request-redirect", "bus-master", "memory-space",
/// "bar0", "msi", "dpc.poisoned-egress-blocking", "interrupt-remapping". traces/settings.h lists them. Switches have
/// the value 0 or 1.
struct Configure {
  std::string setting;
  std::uint64_t value = 0;
};

/// The processor reads or writes a physical address.
struct CpuAccess {
  Operation operation = Operation::read;
  PhysAddr address;
  unsigned size = 4;
  std::uint64_t value = 0;
  BarName bar = {};
};

/// What follows begins when all that devices have under way has ended.
struct Wait {};

using Action = std::variant<Dma, Msi, RawWrite, Map, Unmap, Invalidate, ProgramEntry, Configure, CpuAccess, Wait>;

/// The DMA that `action` already is, with nothing left of it but its memory: most operations follow one of their kind.
inline Dma& renewed_dma(Action& action) {
  Dma* const dma = std::get_if<Dma>(&action);
  if (dma == nullptr) return action.emplace<Dma>();
  dma->renew();
  return *dma;
}

constexpr bool is_of_processor(const Action& action) {
  return std::holds_alternative<CpuAccess>(action) || std::holds_alternative<Wait>(action);
}

struct TraceOperation {
  /// From the start of the replay. Never decreases along a trace.
  Duration time;
  /// Device (or for Configure: any function) by platform name; "cpu" for CpuAccess and Wait.
  std::string device;
  Action action;
  /// Line in the text form and column of the device's name, from 1; 0: not read from a file.
  std::uint64_t line = 0;
  std::uint32_t column = 0;
};

}  // namespace iommusim::traces
