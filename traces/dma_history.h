// SPDX-License-Identifier: Apache-2.0
// Makes a trace of translations and invalidations in the order of a log: software maps a page before a device uses it
// first, and unmaps it where it is invalidated.
#pragma once

#include "traces/mapped_pages.h"
#include "traces/operation.h"
#include "traces/qemu_log.h"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace iommusim::traces {

class DmaHistory {
 public:
  /// All three must outlive the history. Maps, unmaps and remaps are counted in `summary`.
  DmaHistory(const QemuLogOptions& options, const std::function<void(const TraceOperation&)>& sink,
             QemuLogSummary& summary)
      : options_{options}, sink_{sink}, summary_{summary} {}

  /// The page that is known to be mapped at `iova`, or nullptr.
  const MappedPage* find(std::uint16_t domain, Iova iova) { return pages_.find(domain, iova); }
  /// The page that begins at `iova` and was used by page.device: mapped if it was not, mapped again if it was another.
  /// Valid until pages change.
  MappedPage& map(std::uint16_t domain, Iova iova, const MappedPage& page);
  /// One DMA by `device` in a mapped page. Uses of a page with both rights alternate.
  void use(MappedPage& page, RequesterId device, Iova iova);
  /// A DMA of the largest power of two, at most 64 bytes, that divides the address: it never crosses a page.
  void dma(RequesterId device, Operation operation, Iova iova);

  void unmap(std::uint16_t domain, const Range<Iova>& range) { unmap(pages_.remove(domain, range)); }
  void unmap_everywhere(const Range<Iova>& range) { unmap(pages_.remove_everywhere(range)); }

  void emit(RequesterId device, Action action);

 private:
  void unmap(const std::vector<UnmappedRun>& runs);
  const std::string& name_of(RequesterId device);

  const QemuLogOptions& options_;
  const std::function<void(const TraceOperation&)>& sink_;
  QemuLogSummary& summary_;
  TraceOperation operation_;
  std::uint64_t operations_ = 0;
  MappedPages pages_;
  std::unordered_map<std::uint16_t, std::string> names_;
};

}  // namespace iommusim::traces
