// SPDX-License-Identifier: Apache-2.0
// Memory as the walk of one request sees it: with the accessed and dirty bits that the walk itself has set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace iommusim::oracle {

/// A table word that the unit changed, as it stands afterwards.
struct Update {
  std::uint64_t address = 0;
  std::uint64_t value = 0;
};

struct Memory {
  /// The 64-bit word at an address; empty is an access error.
  std::function<std::optional<std::uint64_t>(std::uint64_t)> read;
  /// Whether a write of that word succeeds; asked only where `read` does.
  std::function<bool(std::uint64_t)> writable;
};

class Tables {
 public:
  explicit Tables(const Memory& memory) : memory_{memory} {}

  std::optional<std::uint64_t> read(std::uint64_t address) const {
    const auto changed = changed_.find(address);
    return changed != changed_.end() ? changed->second : memory_.read(address);
  }

  bool can_write(std::uint64_t address) const { return memory_.writable(address); }
  /// False: nothing changed, access error.
  bool write(std::uint64_t address, std::uint64_t value) {
    if (!memory_.writable(address)) return false;
    changed_[address] = value;
    return true;
  }

  /// Back, or forth, to what another copy has changed.
  void restore(const Tables& other) { changed_ = other.changed_; }

  std::vector<Update> updates() const {
    std::vector<Update> result;
    for (const auto& [address, value] : changed_)
      result.push_back({address, value});
    return result;
  }

 private:
  const Memory& memory_;
  std::map<std::uint64_t, std::uint64_t> changed_;
};

}  // namespace iommusim::oracle
