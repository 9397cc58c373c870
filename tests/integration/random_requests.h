// SPDX-License-Identifier: Apache-2.0
// Requests at the places where a machine's behaviour changes.
#pragma once

#include "platforms/machine.h"
#include "support/random.h"
#include "tlm/endpoint.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iommusim::tests {

class RandomRequests {
 public:
  RandomRequests(Random& random, const platforms::Machine& machine);

  /// One DMA that is one TLP: at or beside an edge of the machine, at something mapped, where the last one was, or
  /// anywhere; under the function's own requester ID or a DMA alias of it. Writes and atomics carry `data`, of at least
  /// 4096 bytes; now and then it is poisoned.
  modules::DmaRequest next(unsigned char* data);

 private:
  void add_range(std::uint64_t first, std::uint64_t last);
  void collect();
  std::uint64_t edge();
  /// Something that the function's domain maps, when it maps anything.
  std::uint64_t mapped(const std::string& function);
  std::uint64_t address(const std::string& function);

  Random& random_;
  const platforms::Machine& machine_;
  std::vector<std::uint64_t> edges_;
  BusAddr last_;
};

}  // namespace iommusim::tests
