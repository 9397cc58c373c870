// SPDX-License-Identifier: Apache-2.0
// One PCI function as software sees it: by configuration cycles only.
#pragma once

#include "base/requester_id.h"
#include "pcie/capability_list.h"
#include "software/cpu_bus.h"

#include <cstdint>
#include <optional>
#include <string>

namespace iommusim::software {

/// Cheap to copy. The bus must outlive it.
class PciFunction {
 public:
  PciFunction(CpuBus& bus, std::uint16_t segment, RequesterId id) : bus_{&bus}, segment_{segment}, id_{id} {}

  RequesterId id() const { return id_; }
  /// "bb:dd.f", for messages.
  std::string name() const { return to_string(id_); }
  CpuBus& bus() const { return *bus_; }
  /// Another function of the same segment.
  PciFunction at(RequesterId id) const { return {*bus_, segment_, id}; }

  std::uint32_t read(unsigned offset, unsigned width) const;
  void write(unsigned offset, unsigned width, std::uint32_t value) const;

  /// The register at `offset` as W, a Word of 16 or 32 bits.
  template <class W>
  W get(unsigned offset) const {
    static_assert(W::bytes <= 4);
    return W{read(offset, W::bytes)};
  }
  template <class W>
  void set(unsigned offset, const W& value) const {
    static_assert(W::bytes <= 4);
    write(offset, W::bytes, static_cast<std::uint32_t>(value.raw()));
  }

  bool present() const;
  /// Offsets of the capabilities; nullopt when the function has none of that ID.
  std::optional<unsigned> find(pcie::CapabilityId id) const;
  std::optional<unsigned> find(pcie::ExtendedCapabilityId id) const;

 private:
  pcie::ConfigReader reader() const;

  CpuBus* bus_;
  std::uint16_t segment_;
  RequesterId id_;
};

}  // namespace iommusim::software
