// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/register_invalidation.h"

namespace iommusim::vtd {

ContextCommand execute(ContextCommand command, TableMode mode, const UnitConfig& config, TranslationCaches& caches) {
  const ContextInvalidation request{command.get<ContextCommand::CIRG>(), command.get<ContextCommand::DID>(),
                                    RequesterId{command.get<ContextCommand::SID>()}, command.get<ContextCommand::FM>()};
  const bool legal = mode == TableMode::legacy && request.granularity != ContextGranularity::reserved;
  if (legal) caches.invalidate(with_known_bits(request, config));
  command.set<ContextCommand::CAIG>(legal ? request.granularity : ContextGranularity::reserved);
  command.set<ContextCommand::ICC>(false);
  return command;
}

IotlbInvalidate execute(IotlbInvalidate command, InvalidateAddress address, TableMode mode, const UnitConfig& config,
                        TranslationCaches& caches) {
  const IotlbInvalidation request{command.get<IotlbInvalidate::IIRG>(), command.get<IotlbInvalidate::DID>(),
                                  Iova{address.raw() & InvalidateAddress::ADDR::mask},
                                  address.get<InvalidateAddress::AM>(), address.get<InvalidateAddress::IH>()};
  const bool legal = mode == TableMode::legacy && is_legal(request, config);
  if (legal) caches.invalidate(with_known_bits(request, config));
  command.set<IotlbInvalidate::IAIG>(legal ? request.granularity : IotlbGranularity::reserved);
  command.set<IotlbInvalidate::IVT>(false);
  return command;
}

bool is_legal(const IotlbInvalidation& request, const UnitConfig& config) {
  switch (request.granularity) {
    case IotlbGranularity::reserved: return false;
    case IotlbGranularity::global:
    case IotlbGranularity::domain: return true;
    case IotlbGranularity::page:
      return config.page_selective_invalidation && request.address_mask <= config.max_address_mask;
  }
  return false;
}

}  // namespace iommusim::vtd
