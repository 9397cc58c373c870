// SPDX-License-Identifier: Apache-2.0
// Reads table entries from memory for any IOMMU and notes each fetch.
#pragma once

#include "base/address.h"
#include "base/endian.h"
#include "iommu/translation.h"
#include "memory/physical_bus.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::iommu {

class TableReader {
 public:
  TableReader(const memory::PhysicalBus& bus, FetchLog& fetches) : bus_{bus}, fetches_{fetches} {}

  /// False: an access error. `what` is the entry's name in the specification.
  template <class Entry>
  bool read(const char* what, PhysAddr address, Entry& entry) {
    Fetch& fetch = fetches_.next();
    fetch.what = what;
    fetch.address = address;
    fetch.words = Entry::words;
    fetch.sets = 0;
    fetch.clears = 0;
    fetch.failed = !bus_.read(address, fetch.value.data(), Entry::bytes);
    if (fetch.failed) return false;
    for (std::size_t i = 0; i < Entry::words; ++i)
      fetch.value[i] = load_le<std::uint64_t>(&fetch.value[i]);
    if (has_updates_) update(fetch);
    for (std::size_t i = 0; i < Entry::words; ++i)
      entry.set_word(i, fetch.value[i]);
    return true;
  }

  /// The number of the fetch made last.
  std::size_t last() const { return fetches_.size() - 1; }

  bool has_updates() const { return has_updates_; }

  /// The unit sets bits of an entry that it read: what is fetched later sees them.
  void set_bits(std::size_t fetch, std::uint64_t bits) { change_bits(fetch, bits, 0); }
  void change_bits(std::size_t fetch, std::uint64_t sets, std::uint64_t clears) {
    fetches_[fetch].sets |= sets;
    fetches_[fetch].clears |= clears;
    has_updates_ = true;
  }

  /// It does not, after all.
  void withdraw_bits(std::size_t fetch, std::uint64_t bits) { fetches_[fetch].sets &= ~bits; }

 private:
  /// Tables may contain themselves, so that an entry is read again after its accessed bit was set.
  void update(Fetch& again) const {
    for (std::size_t i = 0; i < again.words; ++i)
      for (const Fetch& fetch : fetches_)
        if (fetch.address == again.address + 8 * i) again.value[i] = (again.value[i] | fetch.sets) & ~fetch.clears;
  }

  const memory::PhysicalBus& bus_;
  FetchLog& fetches_;
  bool has_updates_ = false;
};

}  // namespace iommusim::iommu
