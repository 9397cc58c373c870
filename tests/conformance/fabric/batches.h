// SPDX-License-Identifier: Apache-2.0
// What an agreement test has compared, and a process of its own for each batch of topologies: SystemC elaborates once
// per process.
#pragma once

#include "base/landing.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>

namespace iommusim::tests {

struct AgreementCounts {
  std::uint64_t topologies = 0;
  /// Of all topologies together, and of the largest one.
  std::uint64_t functions = 0;
  std::uint64_t most_functions = 0;
  std::uint64_t accesses = 0;
  /// Of those, under a DMA alias.
  std::uint64_t aliased = 0;
  std::uint64_t simulated = 0;
  std::uint64_t mapped = 0;
  std::uint64_t explained = 0;
  std::uint64_t maps = 0;
  /// Not compared: nobody says who answers.
  std::uint64_t disputed = 0;
  std::array<std::uint64_t, landing_kinds> landed{};

  AgreementCounts& operator+=(const AgreementCounts& other);
};

void print_counts(const AgreementCounts& counts, std::chrono::duration<double> time);

/// Runs `batch` in a child of this process. Throws std::runtime_error when it failed; the child has printed why.
AgreementCounts in_child(const std::function<AgreementCounts()>& batch);

}  // namespace iommusim::tests
