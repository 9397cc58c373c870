// SPDX-License-Identifier: Apache-2.0
// A small machine with one of everything that a trace can meet. The YAML text in bench_platform.cpp is the map.
#pragma once

#include "platforms/description.h"

#include <cstdint>

namespace iommusim::tests {

/// As in bench_platform.cpp; a new copy each time, to be changed at will.
platforms::Description bench_platform();

/// Where things are in it.
namespace bench {
constexpr std::uint64_t ring_iova = 0xFFE0'0000;
constexpr std::uint64_t ring = 0x1000'0000;
constexpr std::uint64_t ring_size = 0x20'0000;
/// In the bus addresses of gpu0's BAR 2.
constexpr std::uint64_t pool_iova = 0x38'0000'0000;
constexpr std::uint64_t pool = 0x1'1000'0000;
constexpr std::uint64_t read_only_iova = 0x5000'0000;
constexpr std::uint64_t read_only = 0x2000'0000;
constexpr std::uint64_t write_only_iova = 0x5000'1000;
constexpr std::uint64_t write_only = 0x2000'1000;
/// Mapped to gpu0's BAR 0.
constexpr std::uint64_t peer_iova = 0x6000'0000;
constexpr std::uint64_t gpu_bar0 = 0x9000'0000;
/// A page of which dp0's own BAR takes 128 bytes.
constexpr std::uint64_t shared_page_iova = 0x9800'0000;
constexpr std::uint64_t port_bar = 0x9800'0400;
constexpr std::uint64_t unmapped_iova = 0x7000'0000;
constexpr std::uint64_t nic_bar0 = 0x9100'0000;
}  // namespace bench

}  // namespace iommusim::tests
