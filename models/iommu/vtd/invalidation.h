// SPDX-License-Identifier: Apache-2.0
// What software asks of the caches, whichever way it asks: by register (11.4.6) or by queue (6.5.2).
#pragma once

#include "base/address.h"
#include "base/range.h"
#include "base/requester_id.h"

#include <array>
#include <cstdint>

namespace iommusim::vtd {

enum class ContextGranularity : std::uint8_t { reserved = 0, global = 1, domain = 2, device = 3 };
enum class IotlbGranularity : std::uint8_t { reserved = 0, global = 1, domain = 2, page = 3 };

/// Context-cache invalidation (6.5.2.1).
struct ContextInvalidation {
  ContextGranularity granularity = ContextGranularity::reserved;
  std::uint16_t domain = 0;
  RequesterId source;
  /// FM: 0 compares the whole source-id, 1 to 3 leave out function bits 2, 2:1, 2:0.
  std::uint8_t function_mask = 0;
};

/// IOTLB invalidation (6.5.2.3).
struct IotlbInvalidation {
  IotlbGranularity granularity = IotlbGranularity::reserved;
  std::uint16_t domain = 0;
  Iova address;
  /// AM: the block is 2^AM 4-KiB pages, naturally aligned.
  std::uint8_t address_mask = 0;
  /// IH: only leaf entries changed, so paging-structure caches may keep what they hold.
  bool leaves_only = false;
};

enum class PasidCacheGranularity : std::uint8_t { domain = 0, pasid = 1, reserved = 2, global = 3 };

/// PASID-cache invalidation (6.5.2.2).
struct PasidCacheInvalidation {
  PasidCacheGranularity granularity = PasidCacheGranularity::reserved;
  std::uint16_t domain = 0;
  Pasid pasid{};
};

enum class PasidIotlbGranularity : std::uint8_t { pasid = 2, page = 3 };

/// PASID-based IOTLB invalidation (6.5.2.4): first-stage and nested translations of one PASID in one domain.
struct PasidIotlbInvalidation {
  PasidIotlbGranularity granularity = PasidIotlbGranularity::pasid;
  std::uint16_t domain = 0;
  Pasid pasid{};
  Iova address;
  std::uint8_t address_mask = 0;
  bool leaves_only = false;
};

/// Interrupt-entry cache invalidation (6.5.2.7): everything, or 2^mask entries, naturally aligned around `index`.
struct InterruptEntryInvalidation {
  bool is_global = true;
  std::uint16_t index = 0;
  std::uint8_t mask = 0;
};

/// The source-id bits that take part in the comparison under a function mask.
constexpr std::uint16_t compared_source_bits(std::uint8_t function_mask) {
  constexpr std::array<std::uint16_t, 4> ignored{0, 0b100, 0b110, 0b111};
  return static_cast<std::uint16_t>(~ignored[function_mask & 3]);
}

/// The naturally aligned block that a page-selective invalidation covers.
template <class PageInvalidation>
constexpr Range<Iova> invalidated_block(const PageInvalidation& request) {
  if (request.address_mask >= 52) return Range<Iova>::everything();
  const std::uint64_t size = page_4k << request.address_mask;
  const Iova first = request.address.aligned_down(size);
  return {first, first + (size - 1)};
}

}  // namespace iommusim::vtd
