// SPDX-License-Identifier: Apache-2.0
// The rules by which ports, functions and the root complex decide where a TLP goes.
#pragma once

#include "base/rule.h"

namespace iommusim::pcie::rules {

// Functions.
extern const Rule bus_master_enabled;
extern const Rule bus_master_disabled;
extern const Rule address_bits;
extern const Rule memory_space_disabled;
extern const Rule bar_claim;
extern const Rule bar_overrun;
extern const Rule bar_unclaimed;
extern const Rule virtual_function_disabled;
extern const Rule device_direct_peer;
extern const Rule msi_disabled;
extern const Rule msi_masked;

// Ports.
extern const Rule port_bus_master_disabled;
extern const Rule port_memory_space_disabled;
extern const Rule port_bar;
extern const Rule port_u_turn;
extern const Rule port_u_turn_dropped;
extern const Rule port_unclaimed;
extern const Rule port_window;
extern const Rule port_link_down;
extern const Rule link_disabled;
extern const Rule root_port_upstream;
extern const Rule switch_direct_peer;
extern const Rule switch_upstream;
extern const Rule switch_unclaimed;

// Poisoned requests.
extern const Rule completer_poisoned;
extern const Rule root_complex_poisoned;
extern const Rule port_poisoned_egress_blocked;

// PCIe-to-PCI bridges and conventional buses.
extern const Rule pci_bus_peer;
extern const Rule pci_bus_master_abort;
extern const Rule pci_bridge_upstream;
extern const Rule pci_bridge_subtractive;

// Access control services.
extern const Rule acs_source_validation;
extern const Rule acs_translation_blocking;
extern const Rule acs_request_redirect;
extern const Rule acs_egress_blocked;
extern const Rule acs_egress_redirect;
extern const Rule acs_egress_direct;
extern const Rule acs_direct_translated;
extern const Rule acs_upstream_forwarding;
extern const Rule acs_downstream_target_blocked;
extern const Rule acs_downstream_target_redirect;
extern const Rule acs_upstream_target_blocked;
extern const Rule acs_upstream_target_redirect;
extern const Rule acs_unclaimed_redirect;
extern const Rule acs_completion_redirect;
extern const Rule acs_no_peer_path;

// Completions.
extern const Rule completion_direct_peer;
extern const Rule completion_upstream;
extern const Rule completion_u_turn;
extern const Rule completion_unexpected;
extern const Rule completion_in_device;
extern const Rule completion_lost;

// Host bridge and root complex.
extern const Rule host_bridge_interrupt_window;
extern const Rule host_bridge_inbound_hole;
extern const Rule host_bridge_translate;
extern const Rule host_bridge_to_system;
extern const Rule host_bridge_peer;
extern const Rule host_bridge_peer_denied;
extern const Rule host_bridge_outbound;
extern const Rule host_bridge_outbound_unclaimed;

}  // namespace iommusim::pcie::rules
