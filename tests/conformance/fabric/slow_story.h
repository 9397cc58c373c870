// SPDX-License-Identifier: Apache-2.0
// What the slow router says of an access, in the words in which a landing can be told, too. What an IOMMU, the
// interrupt window or a register page answers is taken from the walk: they have oracles of their own.
#pragma once

#include "oracle/slow_router.h"
#include "platforms/machine.h"
#include "platforms/walk.h"

#include <string>

namespace iommusim::tests {

class SlowStory {
 public:
  /// Both must outlive it.
  SlowStory(const platforms::Machine& machine, const oracle::SlowTree& tree) : machine_{machine}, tree_{tree} {}

  /// Of the whole way of `access`, under the requester ID that it carries.
  std::string of(pcie::NodeIndex function, const Access& access, const platforms::Walk& walk) const;
  std::string of(const Landing& landing) const;

 private:
  std::string of(const oracle::SlowAnswer& answer) const;
  std::string of(const oracle::SlowAnswer& answer, const std::string& decided_by) const;
  std::string behind_interrupt_window(const oracle::SlowAnswer& answer, const platforms::Walk& walk) const;
  std::string behind_root(const oracle::SlowAnswer& answer, const oracle::SlowRequest& request,
                          const platforms::Walk& walk) const;
  std::string in_system(std::uint64_t address, const oracle::SlowRequest& request, const oracle::SlowAnswer& way,
                        const platforms::Walk& walk) const;
  std::string discarded_by(const std::string& memory, const oracle::SlowRequest& request,
                           const oracle::SlowAnswer& way) const;
  std::string in_nothing(const platforms::Walk& walk) const;
  std::string name_of(const std::optional<std::size_t>& function, std::size_t bridge) const;
  std::uint64_t offset_in_bar(const oracle::SlowAnswer& answer) const;

  const platforms::Machine& machine_;
  const oracle::SlowTree& tree_;
};

}  // namespace iommusim::tests
