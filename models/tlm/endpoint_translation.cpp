// SPDX-License-Identifier: Apache-2.0
// What a function with ATS does before it sends a request: it looks into its own translations, asks the IOMMU, or asks
// software for the page (PCIe base specification, 10.2 and 10.4).
#include "base/endian.h"
#include "iommu/device_tlb_use.h"
#include "pcie/error_logging.h"
#include "tlm/endpoint.h"
#include "tlm/endpoint_request.h"

#include <algorithm>

namespace iommusim::modules {
namespace {

/// A function asks again as long as software keeps answering that the page is there; a page that is taken away again
/// and again it gives up.
constexpr unsigned most_attempts = 4;

}  // namespace

iommu::DeviceTlb* Endpoint::tlb_of(pcie::NodeIndex function, const Access& access) const {
  if (config_.tlbs.empty()) return nullptr;
  const pcie::Node& node = topology_[function];
  if (!iommu::uses_device_tlb(access, node.requester, node.decoded.ats_enabled)) return nullptr;
  const auto at = std::find(config_.functions.begin(), config_.functions.end(), function);
  const auto index = static_cast<std::size_t>(at - config_.functions.begin());
  return index < config_.tlbs.size() ? config_.tlbs[index] : nullptr;
}

std::optional<Access> Endpoint::translate(const DmaRequest& request, const Access& access,
                                          DmaTransaction& transaction) {
  iommu::DeviceTlb& tlb = *tlb_of(request.function, access);
  DmaExtension& extension = transaction.extension;
  const ComponentId id = topology_[request.function].id;
  if (const auto known = tlb.resolve(access)) {
    tlb.touch(access);
    extension.path.add(id, iommu::rules::device_tlb);
    extension.from_device_tlb = known->address_type == AddressType::translated;
    prepare_payload(transaction, *known);
    return known;
  }
  for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
    const auto completion = ask(request, access, transaction);
    if (!completion) return std::nullopt;
    if (const auto sent = iommu::permitted(*completion, access)) {
      tlb.fill(access, *completion);
      prepare_payload(transaction, *sent);
      return sent;
    }
    if (!request_page(request, access)) break;
  }
  extension.path.add(id, iommu::rules::translation_denied);
  const CompletionStatus status = access.posted() ? CompletionStatus::none : CompletionStatus::unsupported_request;
  refuse(transaction, extension, rejection(id, iommu::rules::translation_denied, status));
  return std::nullopt;
}

std::optional<iommu::AddressTranslation> Endpoint::ask(const DmaRequest& request, const Access& access,
                                                       DmaTransaction& transaction) {
  const Access question = iommu::translation_request(access);
  const PayloadPool::Handle asked = pool_.acquire();
  prepare_payload(*asked, question);
  transmit(request.function, access, question, *asked);
  timing::Tlp& tlp = next_tlp();
  tlp.set(question, asked->extension.journey, topology_[request.function].decoded.max_payload);
  tlp.gates = true;
  const Landing& landing = asked->extension.landing;
  tlp.times_out = landing.status == CompletionStatus::timeout;
  pcie::log_completion(topology_, request.function, landing.status);
  if (asked->extension.translation_answered && asked->is_response_ok()) {
    for (const Hop& hop : asked->extension.path)
      transaction.extension.path.add(hop.where, *hop.rule);
    return iommu::AddressTranslation{load_le<std::uint64_t>(asked->get_data_ptr())};
  }
  transaction.extension.path = asked->extension.path;
  transaction.extension.landing = landing;
  if (access.posted()) transaction.extension.landing.status = CompletionStatus::none;
  transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  return std::nullopt;
}

/// The request goes the way of the translation request before it, and software takes its time to serve it.
bool Endpoint::request_page(const DmaRequest& request, const Access& access) {
  if (!config_.page_requests || !topology_[request.function].decoded.page_requests_enabled) return false;
  timing::Tlp& tlp = next_tlp();
  tlp = tlps_[tlp_count_ - 2];
  tlp.journey.wait(config_.page_request_latency.picoseconds());
  return config_.page_requests(request.function, access) == iommu::PageResponse::success;
}

}  // namespace iommusim::modules
