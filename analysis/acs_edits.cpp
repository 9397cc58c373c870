// SPDX-License-Identifier: Apache-2.0
#include "analysis/acs_edits.h"

#include "pcie/rules.h"

namespace iommusim::analysis {
namespace {

namespace rules = pcie::rules;
using pcie::AcsControl;
using pcie::MemoryTargetAccess;
using pcie::NodeIndex;

template <class... Bits>
constexpr AcsControl bits() {
  AcsControl control;
  (control.set<Bits>(1), ...);
  return control;
}

constexpr auto redirect = bits<AcsControl::P2pRequestRedirect, AcsControl::P2pCompletionRedirect>();

/// The whole field of one Memory Target Access control, and its redirecting encoding.
template <class Target>
AcsEdit target_edit(NodeIndex port, bool wants_peer) {
  AcsControl all;
  AcsControl wanted;
  all.set<Target>(MemoryTargetAccess::reserved);
  wanted.set<Target>(wants_peer ? MemoryTargetAccess::direct : MemoryTargetAccess::request_redirect);
  return {port, wanted, all};
}

/// What keeps the request from its peer.
std::vector<AcsEdit> edits_towards_peer(const Rule* rule, NodeIndex port, std::uint8_t egress) {
  if (rule == &rules::acs_request_redirect) return {{port, {}, bits<AcsControl::P2pRequestRedirect>()}};
  if (rule == &rules::acs_egress_blocked || rule == &rules::acs_egress_redirect)
    return {{port, {}, {}, EgressBit{egress, false}},
            {port, {}, bits<AcsControl::P2pEgressControl>()},
            {port, {}, bits<AcsControl::P2pEgressControl, AcsControl::P2pRequestRedirect>()}};
  return {};
}

/// What lets the request go to a peer, or refuses it, where it is to go up.
std::vector<AcsEdit> edits_towards_root(const Rule* rule, NodeIndex port, std::uint8_t egress) {
  if (rule == &rules::acs_egress_direct)
    return {{port, {}, {}, EgressBit{egress, true}},
            {port, redirect, {}, EgressBit{egress, true}},
            {port, redirect, bits<AcsControl::P2pEgressControl>()}};
  if (rule == &rules::acs_egress_blocked) return {{port, redirect}};
  if (rule == &rules::acs_direct_translated)
    return {{port, {}, bits<AcsControl::DirectTranslatedP2p>()},
            {port, redirect, bits<AcsControl::DirectTranslatedP2p>()}};
  return {};
}

}  // namespace

std::vector<AcsEdit> edits_for(const Rule& rule, NodeIndex port, std::uint8_t egress, bool wants_peer) {
  if (&rule == &rules::acs_translation_blocking) return {{port, {}, bits<AcsControl::TranslationBlocking>()}};
  if (&rule == &rules::acs_downstream_target_blocked || &rule == &rules::acs_downstream_target_redirect)
    return {target_edit<AcsControl::DownstreamMemoryTarget>(port, wants_peer)};
  if (&rule == &rules::acs_upstream_target_blocked || &rule == &rules::acs_upstream_target_redirect)
    return {target_edit<AcsControl::UpstreamMemoryTarget>(port, wants_peer)};
  if (&rule == &rules::port_bar && !wants_peer)
    return {target_edit<AcsControl::DownstreamMemoryTarget>(port, false),
            target_edit<AcsControl::UpstreamMemoryTarget>(port, false)};
  return wants_peer ? edits_towards_peer(&rule, port, egress) : edits_towards_root(&rule, port, egress);
}

}  // namespace iommusim::analysis
