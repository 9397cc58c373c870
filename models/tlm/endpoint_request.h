// SPDX-License-Identifier: Apache-2.0
// One request of an endpoint as a TLM payload.
#pragma once

#include "base/access.h"
#include "tlm/payload_pool.h"

namespace iommusim::modules {

// TLM forbids empty payloads: a zero-length read carries one byte that nobody reads.
inline unsigned payload_length(const Access& access) {
  return access.size == 0 ? 1 : access.size;
}

/// The payload and the extension of a request.
inline void prepare_payload(DmaTransaction& transaction, const Access& access) {
  transaction.set_command(access.operation == Operation::read ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND);
  transaction.set_address(access.address.value());
  transaction.set_data_length(payload_length(access));
  transaction.set_streaming_width(payload_length(access));
  DmaExtension& extension = transaction.extension;
  extension.requester = access.requester;
  extension.pasid = access.pasid;
  extension.address_type = access.address_type;
  extension.atomic = access.operation == Operation::atomic;
  extension.zero_length = access.size == 0;
  extension.poisoned = access.poisoned;
  extension.relaxed_ordering = access.relaxed_ordering;
  extension.id_based_ordering = access.id_based_ordering;
  extension.traffic_class = access.traffic_class;
}

}  // namespace iommusim::modules
