// SPDX-License-Identifier: Apache-2.0
// Where software meant an access to land.
#pragma once

#include "base/landing.h"
#include "platforms/operating_system.h"

#include <optional>
#include <string_view>
#include <vector>

namespace iommusim::analysis {

enum class IntentKind : std::uint8_t {
  /// Software never gave the device this address, or took it back.
  none,
  memory,
  /// Software mapped a physical address that is neither memory nor a BAR: registers, configuration space, the interrupt
  /// window, or nothing.
  no_memory,
  /// A peer's BAR: software mapped one, or handed out its address.
  peer,
  interrupt,
  /// The device is in a blocked domain, or in none: nothing is to be reached.
  blocked,
};

/// "none", "memory", "no-memory", "peer", "interrupt", "blocked".
std::string_view to_string(IntentKind kind);

/// Which members mean something depends on `kind`; the others are zero.
struct Intent {
  IntentKind kind = IntentKind::none;
  /// memory, no_memory, peer: physical address of the first byte.
  PhysAddr physical;
  platforms::Permissions permissions;
  /// memory: the buffer, by index.
  std::optional<std::size_t> buffer;
  /// peer: the function and where in its bus address space.
  ComponentId peer = ComponentId::none;
  BusAddr peer_address;
  /// interrupt: the message that software programmed.
  interrupts::MsiMessage message;
  std::uint32_t vector = 0;
  std::uint32_t destination = 0;
  /// Who is to take it. Of a GIC, `vector` is the INTID and `destination` the processor.
  ComponentId doorbell = ComponentId::none;
  /// An earlier mapping of this address that software has ended: where it led, and when it ended.
  bool was_mapped = false;
  PhysAddr past_physical;
  Duration past_until;
};

/// Resolves intents from what the operating system did. Both must outlive it.
class IntentResolver {
 public:
  IntentResolver(const platforms::Machine& machine, const platforms::OperatingSystem& system)
      : machine_{machine}, system_{system}, pages_(remembered_pages) {}

  /// The intent of the byte at `address` when `device` does DMA there.
  Intent of_dma(pcie::NodeIndex device, BusAddr address) const;
  /// The intent of the byte at `address` when the device's own firmware does DMA there: the physical address itself,
  /// whatever the domain maps. Firmware had it before there was a domain, and nobody told it of one.
  Intent of_firmware(pcie::NodeIndex device, BusAddr address) const;
  /// The intent of the device's MSI `index`; kind none when no driver programmed it.
  Intent of_msi(pcie::NodeIndex device, unsigned index) const;
  /// The intent of a 4-byte write: an interrupt when a driver programmed exactly this message into the device, or wrote
  /// the interrupt remapping table entry that it names for it.
  Intent of_raw_write(pcie::NodeIndex device, const interrupts::MsiMessage& message) const;

 private:
  /// A page of memory: one answer, shifted, is true for all of it until software changes the domain.
  struct Page {
    pcie::NodeIndex device = pcie::NodeIndex::none;
    BusAddr first;
    std::uint64_t changes = 0;
    enum class State : std::uint8_t { seen, known, mixed } state = State::seen;
    Intent intent;
  };
  static constexpr std::size_t remembered_pages = 1024;

  template <class Programmed>
  Intent of_message(pcie::NodeIndex device, const interrupts::MsiMessage& message, const Programmed& what) const;
  Intent decide_dma(pcie::NodeIndex device, BusAddr address) const;
  void learn(Page& page) const;
  Intent of_physical(PhysAddr physical) const;
  Intent of_mapping(const software::Intent& mapping) const;
  std::optional<Iova> iova_of(pcie::NodeIndex device, BusAddr address) const;

  const platforms::Machine& machine_;
  const platforms::OperatingSystem& system_;
  /// By page number.
  mutable std::vector<Page> pages_;
};

}  // namespace iommusim::analysis
