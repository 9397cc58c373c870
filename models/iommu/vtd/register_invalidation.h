// SPDX-License-Identifier: Apache-2.0
// Register-based invalidation (VT-d specification, 6.5.1): the commands in CCMD and IOTLB.
#pragma once

#include "iommu/vtd/config.h"
#include "iommu/vtd/registers.h"
#include "iommu/vtd/translation_caches.h"

#include <cstdint>
#include <type_traits>

namespace iommusim::vtd {

/// The register after the command was carried out: ICC clear, CAIG the actual granularity, 0 for a request
/// that is not legal. In other modes than legacy mode none is.
ContextCommand execute(ContextCommand command, TableMode mode, const UnitConfig& config, TranslationCaches& caches);

/// Likewise: IVT clear, IAIG. `address` is IVA.
IotlbInvalidate execute(IotlbInvalidate command, InvalidateAddress address, TableMode mode, const UnitConfig& config,
                        TranslationCaches& caches);

/// Domain-id bits beyond CAP.ND, and of an IOTLB request address bits beyond CAP.MGAW, are not looked at.
template <class Request>
Request with_known_bits(Request request, const UnitConfig& config) {
  request.domain = static_cast<std::uint16_t>(request.domain & ((1U << config.domain_id_bits) - 1));
  if constexpr (std::is_same_v<Request, IotlbInvalidation>)
    request.address = Iova{request.address.value() & ((std::uint64_t{1} << config.guest_address_width) - 1)};
  return request;
}

/// The unit has the granularity, and for pages the address mask is within CAP.MAMV.
bool is_legal(const IotlbInvalidation& request, const UnitConfig& config);

}  // namespace iommusim::vtd
