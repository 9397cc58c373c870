// SPDX-License-Identifier: Apache-2.0
// The part of an endpoint that sends requests a known way.
#include "pcie/device_routing.h"
#include "tlm/dmi_scope.h"
#include "tlm/endpoint.h"

#include <cstring>

namespace iommusim::modules {

bool Endpoint::go_known_way(KnownWay& way, const Access& access, unsigned char* data, TlpObserver& observer) {
  if (way.state != KnownWay::State::known) return false;
  if (way.translator != nullptr && !way.translator->repeat(way.hits)) {
    way.forget();
    return false;
  }
  const std::uint64_t offset = access.address.offset_in(page_4k);
  const bool read = access.operation == Operation::read;
  if (data != nullptr) std::memcpy(read ? data : way.memory + offset, read ? way.memory + offset : data, access.size);
  const WayShape& shape = ways_.shape(way);
  timing::Tlp& tlp = next_tlp();
  tlp.set(access, shape.journey, topology_[way.function].decoded.max_payload);
  if (shape.is_translated) tlp.journey.set_address(shape.translation, way.iova + offset);
  tlp.journey.set_address(tlp.journey.size() - 1, way.physical + offset);
  Landing landing = shape.landing;
  landing.address = way.physical + offset;
  observer.on_tlp(access, landing, shape.path);
  ++repeated_;
  return true;
}

void Endpoint::learn(KnownWay& way, const Access& access, DmaTransaction& transaction) {
  if (unsigned char* const memory = memory_of_page(way, access, transaction))
    ways_.learn(way, transaction.extension, memory);
  else
    way.state = KnownWay::State::refused;
}

/// Without the request's effects. nullptr: not all of the page is alike, or others do not grant DMI.
unsigned char* Endpoint::memory_of_page(const KnownWay& way, const Access& access, DmaTransaction& transaction) {
  const DmiPage page{transaction};
  if (!is_alike_all_over(way.function, access, page)) return nullptr;
  tlm::tlm_dmi dmi;
  if (!upstream->get_direct_mem_ptr(transaction, dmi) || !page.lies_in(dmi)) return nullptr;
  const bool is_allowed = access.operation == Operation::read ? dmi.is_read_allowed() : dmi.is_write_allowed();
  return is_allowed ? dmi.get_dmi_ptr() + page.offset_in(dmi) : nullptr;
}

bool Endpoint::is_alike_all_over(pcie::NodeIndex function, const Access& access, const DmiPage& page) const {
  return page.is_uniform(access, [&](const Access& piece) {
    return pcie::issue(topology_, function, piece).action == pcie::Action::upstream &&
           !pcie::leave_device(topology_, function, piece);
  });
}

}  // namespace iommusim::modules
