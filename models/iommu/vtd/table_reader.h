// SPDX-License-Identifier: Apache-2.0
// Reads table entries from memory and notes each fetch.
#pragma once

#include "base/address.h"
#include "base/endian.h"
#include "iommu/translation.h"
#include "memory/physical_bus.h"

namespace iommusim::vtd {

class TableReader {
 public:
  TableReader(const memory::PhysicalBus& bus, iommu::FetchLog& fetches) : bus_{bus}, fetches_{fetches} {}

  /// False: an access error. `what` is the entry's name in the specification.
  template <class Entry>
  bool read(const char* what, PhysAddr address, Entry& entry) {
    iommu::Fetch& fetch = fetches_.next();
    fetch.what = what;
    fetch.address = address;
    fetch.words = Entry::words;
    fetch.failed = !bus_.read(address, fetch.value.data(), Entry::bytes);
    if (fetch.failed) return false;
    for (std::size_t i = 0; i < Entry::words; ++i) {
      fetch.value[i] = load_le<std::uint64_t>(&fetch.value[i]);
      entry.set_word(i, fetch.value[i]);
    }
    return true;
  }

 private:
  const memory::PhysicalBus& bus_;
  iommu::FetchLog& fetches_;
};

}  // namespace iommusim::vtd
