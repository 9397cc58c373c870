// SPDX-License-Identifier: Apache-2.0
// What a PCI Express request carries beside TLM's generic payload. Ignorable: a request without it is taken as coming
// from the default requester of the socket that it enters by.
#pragma once

#include "base/access.h"
#include "base/landing.h"
#include "pcie/routing.h"
#include "pcie/topology.h"
#include "timing/journey.h"
#include "tlm/translator.h"

#include <tlm>

#include <cstdint>
#include <optional>

namespace iommusim::modules {

struct DmaExtension : tlm::tlm_extension<DmaExtension> {
  /// Set by the requester. A PCIe-to-PCI bridge may replace it. Default 00:00.0.
  RequesterId requester;
  /// Set by the requester; never changed. Default: none.
  std::optional<Pasid> pasid;
  bool privileged = false;
  bool execute = false;
  /// Set by the requester; default untranslated. Never changed: a translated address leaves the IOMMU in a payload
  /// that still says what the requester sent.
  AddressType address_type = AddressType::untranslated;
  /// Set by the requester; default off; never changed. The data of this write is known to be bad (EP of the TLP); of a
  /// read it means nothing. Such a write goes by b_transport, never by a direct memory pointer.
  bool poisoned = false;
  /// Set by the requester; default off. Says that this write is an atomic read-modify-write.
  bool atomic = false;
  /// Set by the requester; default off. A read that returns no data (a flush); its payload has length 1.
  bool zero_length = false;
  /// Set by the requester; never changed; defaults 0 and off.
  std::uint8_t traffic_class = 0;
  bool relaxed_ordering = false;
  bool id_based_ordering = false;
  bool no_snoop = false;
  std::uint16_t tag = 0;
  /// Set by a sender of messages that is no PCI requester, such as an SMMU: the DeviceID that an ITS knows it by. Never
  /// changed. Default: none; the ITS maps `requester`.
  std::optional<std::uint32_t> device_id;

  /// Set by the root complex: the root-bus node that the request came up through. Default: a processor's request.
  pcie::NodeIndex ingress = pcie::NodeIndex::none;

  /// Set by an IOMMU that answers a translation request: the payload then holds the entry of the completion, and
  /// `landing` only says by which rule. Default off.
  bool translation_answered = false;
  /// Set by a requester that used a translation of its own. Default off.
  bool from_device_tlb = false;

  /// Set once, by whoever ends the request. `landing.status` is the precise completion status.
  Landing landing;
  /// Each component appends itself and the rule that it applied.
  Path path;
  /// Each component appends what takes time. Open while somebody waits to spend it (tlm/journey_scope.h).
  timing::Journey journey;
  /// Set by an IOMMU that passed the request on: itself, and what its caches had. Default: none, nothing.
  Translator* translator = nullptr;
  std::optional<iommu::CacheHits> hits;

  /// Back to the defaults, without touching the unused hops.
  void reset() {
    requester = RequesterId{};
    pasid.reset();
    privileged = execute = atomic = zero_length = poisoned = false;
    relaxed_ordering = id_based_ordering = no_snoop = false;
    translation_answered = from_device_tlb = false;
    address_type = AddressType::untranslated;
    traffic_class = 0;
    tag = 0;
    device_id.reset();
    ingress = pcie::NodeIndex::none;
    landing = Landing{};
    path.clear();
    journey.end();
    translator = nullptr;
    hits.reset();
  }

  tlm::tlm_extension_base* clone() const override { return new DmaExtension(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const DmaExtension&>(other); }
};

/// The request that payload and extension describe.
inline Access access_of(const tlm::tlm_generic_payload& payload, const DmaExtension& extension) {
  Access access;
  access.operation = extension.atomic ? Operation::atomic : payload.is_write() ? Operation::write : Operation::read;
  access.address_type = extension.address_type;
  access.requester = extension.requester;
  access.pasid = extension.pasid;
  access.privileged = extension.privileged;
  access.execute = extension.execute;
  access.relaxed_ordering = extension.relaxed_ordering;
  access.id_based_ordering = extension.id_based_ordering;
  access.traffic_class = extension.traffic_class;
  access.no_snoop = extension.no_snoop;
  access.poisoned = extension.poisoned && payload.is_write();
  access.address = BusAddr{payload.get_address()};
  access.size = extension.zero_length ? 0 : payload.get_data_length();
  return access;
}

/// What the requester is told when others would hear `non_posted`: a write that is no atomic has no completion.
inline CompletionStatus completion_of(const tlm::tlm_generic_payload& payload, const DmaExtension& extension,
                                      CompletionStatus non_posted) {
  return payload.is_write() && !extension.atomic ? CompletionStatus::none : non_posted;
}

/// Ends a request as refused. TLM knows no posted writes: the response reports the loss even where the extension's
/// status says that a PCI Express requester would never hear of it. A read that is refused with status `successful`
/// gets all-ones.
void refuse(tlm::tlm_generic_payload& payload, DmaExtension& extension, const Landing& landing);

/// The same at `decision.target`, which logs what it refused.
void refuse_at(pcie::Topology& topology, const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload,
               DmaExtension& extension);

/// Ends a request at a BAR of a port itself (`decision.action` is claim): ports keep no data, reads give zeros.
void claim_port_bar(const pcie::Topology& topology, const pcie::RouteDecision& decision,
                    tlm::tlm_generic_payload& payload, DmaExtension& extension);

/// Who a request without extension comes from when it enters by the link below `node`: device 0, function 0 of the
/// port's secondary bus, or the root-complex integrated endpoint itself.
inline RequesterId default_requester(const pcie::Topology& topology, pcie::NodeIndex node) {
  const pcie::Node& at = topology[node];
  return pcie::is_port(at.type) ? RequesterId{at.decoded.secondary_bus, 0, 0} : at.requester;
}

/// The payload's extension, or a default one that lives as long as this scope.
class ExtensionScope {
 public:
  ExtensionScope(tlm::tlm_generic_payload& payload, RequesterId default_requester)
      : payload_{payload}, extension_{payload.get_extension<DmaExtension>()} {
    if (extension_ != nullptr) return;
    own_.emplace();
    own_->requester = default_requester;
    extension_ = &*own_;
    payload_.set_extension(extension_);
  }
  ~ExtensionScope() {
    if (own_) payload_.clear_extension<DmaExtension>();
  }
  ExtensionScope(const ExtensionScope&) = delete;
  ExtensionScope& operator=(const ExtensionScope&) = delete;

  DmaExtension& operator*() const { return *extension_; }

 private:
  tlm::tlm_generic_payload& payload_;
  DmaExtension* extension_;
  std::optional<DmaExtension> own_;
};

/// Changes a payload's address for one call and restores it: a model that rewrites an address must.
class AddressScope {
 public:
  AddressScope(tlm::tlm_generic_payload& payload, std::uint64_t address)
      : payload_{payload}, before_{payload.get_address()} {
    payload_.set_address(address);
  }
  ~AddressScope() { payload_.set_address(before_); }
  AddressScope(const AddressScope&) = delete;
  AddressScope& operator=(const AddressScope&) = delete;

 private:
  tlm::tlm_generic_payload& payload_;
  std::uint64_t before_;
};

}  // namespace iommusim::modules
