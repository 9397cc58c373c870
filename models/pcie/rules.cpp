// SPDX-License-Identifier: Apache-2.0
#include "pcie/rules.h"

namespace iommusim::pcie::rules {

const Rule bus_master_enabled{"function.bus-master-enabled", "the function's Bus Master Enable lets it send requests",
                              "PCIe 7.5.1.1.3"};
const Rule bus_master_disabled{"function.bus-master-disabled",
                               "the function's Bus Master Enable is clear, so it sends neither DMA nor MSI",
                               "PCIe 7.5.1.1.3"};
const Rule address_bits{"function.address-bits",
                        "the address needs more bits than the device's DMA engine has, so it is never sent",
                        "platform: dma_bits"};
const Rule msi_disabled{"msi.disabled", "the vector is not enabled in the function's MSI or MSI-X, so nothing is sent",
                        "PCIe 6.1.4.3"};
const Rule msi_masked{"msi.masked", "the vector stays masked: its pending bit is set and nothing is sent",
                      "PCIe 6.1.4.5"};
const Rule memory_space_disabled{"function.memory-space-disabled",
                                 "the function's Memory Space Enable is clear, so its BARs claim nothing",
                                 "PCIe 7.5.1.1.3"};
const Rule bar_claim{"bar.claim", "the function's BAR holds the address", "PCIe 7.5.1.2.1"};
const Rule bar_overrun{"bar.overrun", "the request reaches past the end of the BAR in which it begins", "PCIe 2.3.1"};
const Rule bar_unclaimed{"bar.unclaimed", "no BAR of the function holds the address", "PCIe 2.3.1"};
const Rule virtual_function_disabled{"function.virtual-function-disabled",
                                     "the physical function has not enabled this virtual function", "PCIe 9.3.3.3.1"};
const Rule device_direct_peer{"device.direct-peer",
                              "another function of the same device holds the address and no ACS service redirects the "
                              "request",
                              "PCIe 6.12.1.2"};

const Rule port_bus_master_disabled{"port.bus-master-disabled",
                                    "the port's Bus Master Enable is clear, so it forwards no request from below",
                                    "PCIe 7.5.1.1.3"};
const Rule port_memory_space_disabled{"port.memory-space-disabled",
                                      "the port's Memory Space Enable is clear, so its windows claim nothing",
                                      "PCIe 7.5.1.1.3"};
const Rule port_bar{"port.bar", "the port's own BAR holds the address", "PCIe 7.5.1.2.1"};
const Rule port_u_turn{"port.u-turn",
                       "the address lies in the window of the port that the request came from, and Upstream Forwarding "
                       "is off",
                       "PCIe 6.12.1.1"};
const Rule port_u_turn_dropped{"port.u-turn-dropped",
                               "the address lies in the window of the root port that the request came from, and this "
                               "root complex drops such requests",
                               "PCIe 6.12.1.1"};
const Rule port_unclaimed{"port.unclaimed", "neither a window nor a BAR of the port holds the address", "PCIe 2.3.1"};
const Rule port_window{"port.window", "the port's window holds the address", "PCIe 7.5.1.3"};
const Rule port_link_down{"port.link-down", "no device answers on the link below this port", "PCIe 2.9.1"};
const Rule link_disabled{"link.disabled",
                         "software has disabled a link on the way to the root, so the request is lost where it would "
                         "cross it",
                         "PCIe 2.9.1, 7.5.3.7"};
const Rule root_port_upstream{"root-port.upstream", "the address lies outside the root port's own windows",
                              "PCIe 7.5.1.3"};
const Rule switch_direct_peer{"switch.direct-peer",
                              "a sibling port's window holds the address and no ACS service redirects the request",
                              "PCIe 6.12"};
const Rule switch_upstream{"switch.upstream", "no port of the switch holds the address", "PCIe 7.5.1.3"};
const Rule switch_unclaimed{"switch.unclaimed",
                            "the switch's windows hold the address, but those of none of its downstream ports do",
                            "PCIe 2.3.1"};

const Rule completer_poisoned{"completer.poisoned",
                              "the data is poisoned, so the function whose BAR holds the address discards it",
                              "PCIe 2.7.2.2"};
const Rule root_complex_poisoned{
    "root-complex.poisoned",
    "the data is poisoned, so the root complex discards it: memory keeps its value, and no "
    "interrupt is raised",
    "PCIe 2.7.2.2; platform"};
const Rule port_poisoned_egress_blocked{"port.poisoned-egress-blocked",
                                        "the data is poisoned, and Poisoned TLP Egress Blocking keeps it from the link "
                                        "below this port",
                                        "PCIe 2.7.2.2"};

const Rule pci_bus_peer{"pci-bus.peer",
                        "another device on the same conventional bus claims the address, so the request never leaves "
                        "the bus",
                        "PCI 3.0, 3.6.1"};
const Rule pci_bus_master_abort{"pci-bus.master-abort", "no device on the conventional bus claims the address",
                                "PCI 3.0, 3.3.3.1"};
const Rule pci_bridge_upstream{"pci-bridge.upstream",
                               "the bridge takes what its windows do not hold and sends it under its own requester ID",
                               "PCI Express to PCI/PCI-X Bridge 1.0, 2.3"};
const Rule pci_bridge_subtractive{"pci-bridge.subtractive",
                                  "nobody else claims the address, so the subtractive bridge takes it",
                                  "PCI-to-PCI Bridge 1.2, 13.6"};

const Rule acs_source_validation{"acs.source-validation",
                                 "Source Validation found a requester ID from outside the port's bus range",
                                 "PCIe 6.12.1.1"};
const Rule acs_translation_blocking{"acs.translation-blocking",
                                    "Translation Blocking stops requests that are not untranslated", "PCIe 6.12.1.1"};
const Rule acs_request_redirect{"acs.p2p-request-redirect", "P2P Request Redirect sends peer requests to the root",
                                "PCIe 6.12.1.1"};
const Rule acs_egress_blocked{"acs.p2p-egress-control", "P2P Egress Control forbids this peer", "PCIe 6.12.1.1"};
const Rule acs_egress_redirect{
    "acs.p2p-egress-redirect",
    "P2P Egress Control controls this peer and P2P Request Redirect sends the request to the "
    "root",
    "PCIe 6.12.3"};
const Rule acs_egress_direct{"acs.p2p-egress-direct", "P2P Egress Control leaves the way to this peer open",
                             "PCIe 6.12.3"};
const Rule acs_direct_translated{"acs.direct-translated-p2p",
                                 "Direct Translated P2P lets translated requests go to the peer", "PCIe 6.12.1.1"};
const Rule acs_upstream_forwarding{"acs.upstream-forwarding",
                                   "Upstream Forwarding sends what belongs below this port to the root first",
                                   "PCIe 6.12.1.1"};
const Rule acs_downstream_target_blocked{"acs.dsp-memory-target-blocked",
                                         "DSP Memory Target Access blocks requests to a downstream port's BAR",
                                         "PCIe 6.12.1.1"};
const Rule acs_downstream_target_redirect{"acs.dsp-memory-target-redirect",
                                          "DSP Memory Target Access redirects requests to a downstream port's BAR",
                                          "PCIe 6.12.1.1"};
const Rule acs_upstream_target_blocked{"acs.usp-memory-target-blocked",
                                       "USP Memory Target Access blocks requests to the upstream port's BAR",
                                       "PCIe 6.12.1.1"};
const Rule acs_upstream_target_redirect{"acs.usp-memory-target-redirect",
                                        "USP Memory Target Access redirects requests to the upstream port's BAR",
                                        "PCIe 6.12.1.1"};
const Rule acs_unclaimed_redirect{"acs.unclaimed-request-redirect",
                                  "Unclaimed Request Redirect sends what no downstream port claims to the root",
                                  "PCIe 6.12.1.1"};
const Rule acs_completion_redirect{"acs.p2p-completion-redirect",
                                   "P2P Completion Redirect sends peer completions without relaxed ordering to the "
                                   "root",
                                   "PCIe 6.12.1.1"};
const Rule acs_no_peer_path{"acs.no-peer-path",
                            "the root port has ACS without P2P Request Redirect, so the root complex has no direct "
                            "peer path to control",
                            "PCIe 6.12.1.1"};

const Rule completion_direct_peer{"completion.direct-peer",
                                  "the requester's bus lies below a sibling port and nothing redirects the completion",
                                  "PCIe 2.2.9"};
const Rule completion_upstream{"completion.upstream", "the requester's bus lies outside this port and its siblings",
                               "PCIe 2.2.9"};
const Rule completion_u_turn{"completion.u-turn",
                             "the requester's bus lies below the port that the completion came from, and Upstream "
                             "Forwarding is off",
                             "PCIe 6.12.1.1"};
const Rule completion_unexpected{
    "completion.unexpected", "the requester's bus lies inside the switch, but below none of its ports", "PCIe 2.3.2"};

const Rule completion_in_device{"completion.in-device",
                                "the requester is another function of the same device and nothing redirects the "
                                "completion",
                                "PCIe 6.12.1.2"};
const Rule completion_lost{
    "completion.lost",
    "the requester's bus lies outside the bus numbers of a port above it, so no completion finds "
    "it",
    "PCIe 2.2.9"};

const Rule host_bridge_interrupt_window{"host-bridge.interrupt-window",
                                        "the root complex takes this window for interrupts, never for memory",
                                        "PCIe 1.3.1; platform"};
const Rule host_bridge_inbound_hole{"host-bridge.inbound-hole",
                                    "the address lies outside the host bridge's inbound windows",
                                    "platform: host bridge windows"};
const Rule host_bridge_translate{"host-bridge.translate", "the request goes on to the IOMMU", "PCIe 1.3.1; platform"};
const Rule host_bridge_to_system{
    "host-bridge.to-system", "the host bridge has no IOMMU: the request goes on to the system", "PCIe 1.3.1; platform"};
const Rule host_bridge_peer{"host-bridge.peer",
                            "the root complex decides on the untranslated address, and another device's window holds "
                            "it",
                            "PCIe 1.3.1; platform"};
const Rule host_bridge_peer_denied{"host-bridge.peer-denied",
                                   "the root complex refuses peer-to-peer requests between its ports",
                                   "PCIe 1.3.1; platform"};
const Rule host_bridge_outbound{"host-bridge.outbound",
                                "the address lies in an outbound window of the host bridge and a device claims it",
                                "platform: host bridge windows"};
const Rule host_bridge_outbound_unclaimed{"host-bridge.outbound-unclaimed",
                                          "the address lies in an outbound window of the host bridge, but nothing on "
                                          "its root bus claims it",
                                          "platform: host bridge windows"};

}  // namespace iommusim::pcie::rules
