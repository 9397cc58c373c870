// SPDX-License-Identifier: Apache-2.0
// A target socket for any number of initiators, none included: a part that nobody uses is no error.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_target_socket.h>

namespace iommusim::modules {

template <class Module>
using MultiTarget = tlm_utils::multi_passthrough_target_socket<Module, 64, tlm::tlm_base_protocol_types, 0,
                                                               sc_core::SC_ZERO_OR_MORE_BOUND>;

}  // namespace iommusim::modules
