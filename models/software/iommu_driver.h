// SPDX-License-Identifier: Apache-2.0
// What an operating system has an IOMMU's driver do, whatever the architecture.
#pragma once

#include "base/range.h"
#include "base/requester_id.h"
#include "software/domain.h"
#include "software/invalidate.h"
#include "software/page_fault_handler.h"

#include <cstdint>
#include <optional>

namespace iommusim::software {

class InterruptRemapping;

/// Every call that changes tables returns when the unit knows, or throws DriverError.
class IommuDriver {
 public:
  IommuDriver() = default;
  virtual ~IommuDriver() = default;
  IommuDriver(const IommuDriver&) = delete;
  IommuDriver& operator=(const IommuDriver&) = delete;

  /// All up to translation: old faults drained, queues, tables of devices, event messages. Domains can be attached from
  /// here on, so that no device faults when translation begins.
  virtual void prepare() = 0;
  /// prepare() if that was not done; then translation on.
  virtual void enable() = 0;

  /// `levels` of tables; 0: the deepest that the unit walks. A blocked domain ignores them and the stage.
  virtual DomainId create_domain(DomainKind kind, unsigned levels, Stage stage) = 0;
  /// Addresses below 2^width can be mapped: what unit and table depth both have.
  virtual unsigned width(DomainId domain) const = 0;

  /// Puts a requester into a domain, out of the one that it was in.
  virtual void attach(DomainId id, RequesterId requester, DeviceTlb device_tlb) = 0;
  virtual std::optional<DomainId> domain_of(RequesterId requester) const = 0;
  /// Devices of the domain may keep its translations: unit and tables offer it.
  virtual bool offers_device_tlbs(DomainId domain) const = 0;
  /// They may also ask for pages.
  virtual bool offers_page_requests(DomainId domain) const = 0;

  /// Translating domains only. Whole 4 KiB pages; a range is refused when some of it is mapped, or beyond the width.
  virtual void map(DomainId domain, const MapRequest& request) = 0;
  /// The page through which devices of a translating domain send messages: it can be written only. `iova` and
  /// `doorbell` may be anywhere in their pages.
  virtual void map_doorbell(DomainId domain, Iova iova, PhysAddr doorbell) {
    map(domain, {iova.aligned_down(page_4k), doorbell.aligned_down(page_4k), page_4k, {false, true}});
  }
  /// The range must be mapped. What is not invalidated leaves stale translations in the unit's caches or in devices,
  /// until invalidate().
  virtual void unmap(DomainId domain, Iova iova, std::uint64_t size, Invalidate invalidate) = 0;
  /// Makes the unit and the devices forget at least the range.
  virtual void invalidate(DomainId domain, Iova iova, std::uint64_t size) = 0;

  /// Serves what devices wait for: the page request queue, and requests that the unit holds. Returns how many.
  virtual std::uint64_t serve_page_requests(const PageFaultHandler& handler) = 0;

  /// Interrupts that the unit itself looks up in a table; nullptr: it does not, or prepare() has not been called.
  virtual InterruptRemapping* interrupt_remapping() { return nullptr; }
};

}  // namespace iommusim::software
