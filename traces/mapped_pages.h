// SPDX-License-Identifier: Apache-2.0
// What an importer knows to be mapped: pages by domain and I/O address.
#pragma once

#include "base/range.h"
#include "base/requester_id.h"

#include <cstdint>
#include <map>
#include <vector>

namespace iommusim::traces {

struct MappedPage {
  std::uint64_t size = 0;
  PhysAddr physical;
  bool read = false;
  bool write = false;
  /// The device that used it first: software maps and unmaps in its domain.
  RequesterId device;
  /// DMAs so far.
  std::uint64_t uses = 0;
};

/// Neighbouring pages of one device that go away together.
struct UnmappedRun {
  RequesterId device;
  Iova iova;
  std::uint64_t size = 0;
};

class MappedPages {
 public:
  /// The page that contains `iova`, or nullptr. Valid until the pages change.
  MappedPage* find(std::uint16_t domain, Iova iova);
  MappedPage& add(std::uint16_t domain, Iova iova, const MappedPage& page);
  /// Removes the pages that share an address with `range`; large pages go as a whole. In ascending order.
  std::vector<UnmappedRun> remove(std::uint16_t domain, const Range<Iova>& range);
  /// The same of every domain.
  std::vector<UnmappedRun> remove_everywhere(const Range<Iova>& range);

 private:
  using Domain = std::map<Iova, MappedPage>;

  static Domain::iterator containing(Domain& pages, Iova iova);

  std::map<std::uint16_t, Domain> domains_;
};

}  // namespace iommusim::traces
