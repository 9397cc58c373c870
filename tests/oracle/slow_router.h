// SPDX-License-Identifier: Apache-2.0
// Where a memory request ends in a PCI Express tree: a plain transcription of sections 3.1 to 3.4 and the statements of
// reference pcie-acs. It shares no type and no line with models/pcie, keeps no state and looks everything up by
// searching lists, so that it can serve as the oracle for the real router.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace iommusim::oracle {

/// Inclusive.
struct Span {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool holds(std::uint64_t address) const { return first <= address && address <= last; }
};

enum class SlowKind {
  root_port,
  upstream_port,
  downstream_port,
  /// Physical and virtual functions.
  endpoint,
  integrated_endpoint,
  pci_bridge,
  /// On the bus behind a PCIe-to-PCI bridge.
  conventional,
};

/// Fields of the ACS Control register that route memory requests, as enabled.
struct SlowAcs {
  bool source_validation = false;
  bool translation_blocking = false;
  bool request_redirect = false;
  bool upstream_forwarding = false;
  bool egress_control = false;
  bool direct_translated = false;
  bool unclaimed_redirect = false;
  /// Memory target access: 0 direct, 1 block, 2 redirect, 3 reserved.
  unsigned downstream_target = 0;
  unsigned upstream_target = 0;
  /// Numbers of the set bits of the Egress Control Vector.
  std::vector<unsigned> controlled;
  /// The capability offers P2P Request Redirect or P2P Egress Control.
  bool can_control_peers = false;
};

struct SlowBar {
  unsigned index = 0;
  Span span;
};

/// Function `index` is its place in SlowTree::functions.
struct SlowFunction {
  SlowKind kind = SlowKind::endpoint;
  /// The port above; nullopt on a root bus.
  std::optional<std::size_t> parent;
  std::size_t bridge = 0;
  /// Bus, device and function as one 16-bit number.
  unsigned requester = 0;
  unsigned secondary = 0;
  unsigned subordinate = 0;
  /// Its bit in an Egress Control Vector: a port number, or a function or function group of a device.
  unsigned egress_number = 0;
  /// False: a virtual function whose physical function has VF Enable clear.
  bool present = true;
  /// Of a virtual function: VF MSE of its physical function.
  bool memory_space = false;
  bool bus_master = false;
  /// Open windows (ACS-001: base above limit is none) and placed BARs, whether they decode now or not.
  std::vector<Span> windows;
  std::vector<SlowBar> bars;
  /// PCI bridges: takes from above what nobody else claims.
  bool subtractive = false;
  /// Ports: DPC Control has Poisoned TLP Egress Blocking Enable.
  bool blocks_poisoned = false;
  /// nullopt: no ACS capability.
  std::optional<SlowAcs> acs;
};

enum class SlowPolicy { before_iommu, none, after_iommu };

/// Between two functions on root buses.
struct SlowPair {
  std::size_t from = 0;
  std::size_t to = 0;
  SlowPolicy policy = SlowPolicy::after_iommu;
};

/// `offset`: system address minus bus address.
struct SlowWindow {
  Span bus;
  std::uint64_t offset = 0;
};

struct SlowBridge {
  unsigned segment = 0;
  std::vector<SlowWindow> outbound;
  /// Empty: everything, without offset.
  std::vector<SlowWindow> inbound;
  /// Of requests that come in here, for the pairs that are not listed.
  SlowPolicy policy = SlowPolicy::after_iommu;
  std::vector<SlowPair> pairs;
  /// A refused read succeeds and returns all-ones.
  bool refused_reads_succeed = false;
  bool drops_u_turns = false;
  bool interrupt_window = false;
};

struct SlowTree {
  std::vector<SlowFunction> functions;
  std::vector<SlowBridge> bridges;
};

struct SlowRequest {
  std::size_t from = 0;
  /// The requester ID that it carries, when that is not the function's own: a DMA alias.
  std::optional<unsigned> requester;
  bool posted = false;
  /// EP of the TLP (2.7.2 of the specification).
  bool poisoned = false;
  /// 0 untranslated, 1 translation request, 2 translated.
  unsigned address_type = 0;
  std::uint64_t address = 0;
  /// Bytes, at least 1, within one 4 KiB page.
  std::uint64_t size = 1;
};

enum class SlowEnd {
  /// Reached the translation agent at `address`.
  root,
  /// Reached the interrupt window.
  interrupt_window,
  /// A BAR of `function`, which may be a port.
  bar,
  rejected,
};

enum class SlowStatus { posted, success, unsupported_request, completer_abort, timeout };

struct SlowAnswer {
  SlowEnd end = SlowEnd::rejected;
  /// The function that claimed or refused; nullopt: the root complex did.
  std::optional<std::size_t> function;
  std::size_t bridge = 0;
  unsigned bar = 0;
  std::uint64_t address = 0;
  SlowStatus status = SlowStatus::posted;
  /// No port above the requester routes a completion to its bus number. `status` says so, too.
  bool completion_lost = false;
  /// On a root bus: where the request came into the root complex.
  std::size_t ingress = 0;
  /// Rule (docs/rules.md) that last chose between places, and the function that applied it; nullopt: the root complex.
  std::string_view rule;
  std::optional<std::size_t> decided_by;
  std::size_t decided_at_bridge = 0;
};

/// From a function to its end, or to the translation agent.
SlowAnswer slow_route(const SlowTree& tree, const SlowRequest& request);

/// From the system (after translation) down to a device; `ingress` as slow_route answered it. nullopt: `address` lies
/// in no outbound window. In the answer, `rule` is empty unless somebody refused or a port claimed.
std::optional<SlowAnswer> slow_route_down(const SlowTree& tree, const SlowRequest& request, std::uint64_t address,
                                          std::size_t ingress);

}  // namespace iommusim::oracle
