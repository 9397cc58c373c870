// SPDX-License-Identifier: Apache-2.0
#include "software/register_invalidation.h"

namespace iommusim::software {

using vtd::Capability;
using vtd::ContextCommand;
using vtd::InvalidateAddress;
using vtd::IotlbInvalidate;
using vtd::RegisterId;

bool RegisterInvalidation::submit(const vtd::ContextInvalidation& request) {
  ContextCommand command;
  command.set<ContextCommand::ICC>(true);
  command.set<ContextCommand::CIRG>(request.granularity);
  command.set<ContextCommand::FM>(request.function_mask);
  command.set<ContextCommand::SID>(request.source.raw());
  command.set<ContextCommand::DID>(request.domain);
  registers_.write(RegisterId::ccmd, command);
  const bool finished = registers_.wait([&] {
    command = registers_.read<ContextCommand>(RegisterId::ccmd);
    return !command.get<ContextCommand::ICC>();
  });
  return finished && command.get<ContextCommand::CAIG>() != vtd::ContextGranularity::reserved;
}

bool RegisterInvalidation::submit(const vtd::IotlbInvalidation& request) {
  if (request.granularity == vtd::IotlbGranularity::page) {
    InvalidateAddress address;
    address.set<InvalidateAddress::ADDR>(request.address.value() / page_4k);
    address.set<InvalidateAddress::AM>(request.address_mask);
    registers_.write(RegisterId::iva, address);
  }
  IotlbInvalidate command;
  command.set<IotlbInvalidate::IVT>(true);
  command.set<IotlbInvalidate::IIRG>(request.granularity);
  command.set<IotlbInvalidate::DR>(registers_.capability().get<Capability::DRD>());
  command.set<IotlbInvalidate::DW>(registers_.capability().get<Capability::DWD>());
  command.set<IotlbInvalidate::DID>(request.domain);
  registers_.write(RegisterId::iotlb, command);
  const bool finished = registers_.wait([&] {
    command = registers_.read<IotlbInvalidate>(RegisterId::iotlb);
    return !command.get<IotlbInvalidate::IVT>();
  });
  return finished && command.get<IotlbInvalidate::IAIG>() != vtd::IotlbGranularity::reserved;
}

}  // namespace iommusim::software
