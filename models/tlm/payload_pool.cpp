// SPDX-License-Identifier: Apache-2.0
#include "tlm/payload_pool.h"

namespace iommusim::modules {

PayloadPool::Handle PayloadPool::acquire() {
  if (idle_.empty()) {
    all_.push_back(std::make_unique<DmaTransaction>());
    all_.back()->set_mm(this);
    idle_.reserve(all_.size());
    idle_.push_back(all_.back().get());
  }
  DmaTransaction& transaction = *idle_.back();
  idle_.pop_back();
  transaction.set_data_ptr(transaction.data.data());
  transaction.set_byte_enable_ptr(nullptr);
  transaction.set_dmi_allowed(false);
  transaction.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  return Handle{transaction};
}

void PayloadPool::free(tlm::tlm_generic_payload* payload) {
  auto* transaction = static_cast<DmaTransaction*>(payload);
  transaction->reset();
  transaction->extension.reset();
  idle_.push_back(transaction);
}

}  // namespace iommusim::modules
