// SPDX-License-Identifier: Apache-2.0
// What the root complex does with a request that a root port passed on, and with a translated address that
// turns out to be a device's. PCIe base specification, 1.3.1 and 6.12.
#pragma once

#include "base/access.h"
#include "base/address.h"
#include "base/landing.h"
#include "base/range.h"
#include "base/rule.h"
#include "pcie/topology.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::pcie {

/// Peer-to-peer between root ports is optional (PCIe base specification, 1.3.1): what this root complex does
/// with a request whose address lies in another root port's window.
enum class PeerToPeer : std::uint8_t {
  /// The untranslated address decides: the request goes to the peer before any IOMMU sees it.
  allowed,
  /// Refused, by the untranslated address and by the translated one: posted writes are lost.
  denied,
  /// The IOMMU translates first; only the translated address can reach a peer.
  through_iommu,
};

/// A policy for what comes up through one node of a root bus and goes down through another one, or the same.
struct PeerPair {
  NodeIndex from = NodeIndex::none;
  NodeIndex to = NodeIndex::none;
  PeerToPeer policy = PeerToPeer::through_iommu;
};

/// What a refused peer read gets. Reports from the field have both.
enum class RefusedReads : std::uint8_t {
  unsupported_request,
  /// Successful, with all bits set; nobody logs an error.
  all_ones,
};

/// An outbound window: CPU addresses [base, base + size) appear on the bus at base - offset.
struct OutboundWindow {
  Range<PhysAddr> cpu;
  /// cpu address minus bus address, modulo 2^64.
  std::uint64_t offset = 0;
};

/// An inbound window (a `dma-ranges` entry): bus addresses that reach the system, at bus + offset.
struct InboundWindow {
  Range<BusAddr> bus;
  std::uint64_t offset = 0;
};

struct HostBridge {
  ComponentId id = ComponentId::none;
  std::uint16_t segment = 0;
  std::uint8_t first_bus = 0;
  std::uint8_t last_bus = 255;
  std::vector<OutboundWindow> outbound;
  /// Empty: everything reaches the system, without offset.
  std::vector<InboundWindow> inbound;
  /// For the pairs that are not listed.
  PeerToPeer peer_to_peer = PeerToPeer::through_iommu;
  std::vector<PeerPair> peer_pairs;
  RefusedReads refused_reads = RefusedReads::unsupported_request;
  /// x86: writes to this window are interrupts. nullopt: none (Arm).
  std::optional<Range<BusAddr>> interrupt_window;
  /// Requests pass an IOMMU on their way to the system.
  bool has_iommu = true;
};

/// The offset of the inbound window that holds all of `wanted`. nullopt: it does not reach the system.
std::optional<std::uint64_t> inbound_offset(const HostBridge& bridge, const Range<BusAddr>& wanted);

/// What the root complex does with requests that come up through `from`, a node of `bridge`, for `to`.
PeerToPeer policy_between(const HostBridge& bridge, NodeIndex from, NodeIndex to);

enum class RootAction : std::uint8_t {
  /// To the interrupt window's owner: the IOMMU where there is one, else the local APICs.
  interrupt_window,
  /// To the IOMMU (or, without one, straight to the system) at `iova`.
  translate,
  /// Down through root port `target`, untranslated.
  peer,
  reject,
};

struct RootDecision {
  RootAction action = RootAction::reject;
  Iova iova;
  NodeIndex target = NodeIndex::none;
  CompletionStatus status = CompletionStatus::none;
  const Rule* rule = nullptr;
};

/// A request from below has passed root port `ingress` (or was issued by a root-complex integrated endpoint).
RootDecision decide_inbound(const Topology& topology, const std::vector<HostBridge>& bridges, NodeIndex ingress,
                            const Access& access);

/// Where a physical address that lies in an outbound window goes: which root-bus node, at which bus address.
struct OutboundDecision {
  /// Root port to send it down through, or a root-complex integrated endpoint; none: no window, nobody
  /// claims it, or the root complex does not forward to it.
  NodeIndex target = NodeIndex::none;
  /// What a reader is told when there is no target.
  CompletionStatus refused_read = CompletionStatus::unsupported_request;
  BusAddr address;
  /// The host bridge whose window it is, or whose policy refuses.
  ComponentId bridge = ComponentId::none;
  const Rule* rule = nullptr;
};

/// Routes a CPU access or a translated DMA downwards. `ingress`: the root-bus node that the DMA came up through; none:
/// a processor asks. nullopt: the address lies in no outbound window.
std::optional<OutboundDecision> decide_outbound(const Topology& topology, const std::vector<HostBridge>& bridges,
                                                PhysAddr address, std::uint32_t size,
                                                NodeIndex ingress = NodeIndex::none);

/// The landing of a poisoned write or atomic operation that reached `completer`, memory behind the root complex. What a
/// root complex does with such data is its own choice (2.7.2.2); ours discards it.
Landing discard_poisoned(const Access& access, ComponentId completer);

}  // namespace iommusim::pcie
