// SPDX-License-Identifier: Apache-2.0
// GERROR and GERRORN (SMMUv3 architecture, 7.5): an error is active from the time that the unit toggles its bit until
// software toggles the same bit of GERRORN.
#pragma once

#include "iommu/smmuv3/interrupts.h"
#include "iommu/smmuv3/register_file.h"

#include <type_traits>

namespace iommusim::smmuv3 {

class GlobalErrors {
 public:
  GlobalErrors(RegisterFile& registers, Interrupts& interrupts) : registers_{registers}, interrupts_{interrupts} {}

  /// `Error` is a field of GlobalError.
  template <class Error>
  bool is_active() const {
    return registers_.load<GlobalError>(RegisterId::gerror).get<Error>() !=
           registers_.load<GlobalError>(RegisterId::gerrorn).get<Error>();
  }

  /// An error that is active already changes nothing and interrupts nobody. That its own message was lost, the
  /// interrupt of an error cannot tell (6.3.19).
  template <class Error>
  void raise() {
    if (is_active<Error>()) return;
    auto gerror = registers_.load<GlobalError>(RegisterId::gerror);
    gerror.set<Error>(!gerror.get<Error>());
    registers_.store(RegisterId::gerror, gerror);
    if constexpr (!std::is_same_v<Error, GlobalError::MSI_GERROR_ABT_ERR>)
      if (!interrupts_.raise(InterruptSource::global_error)) raise<GlobalError::MSI_GERROR_ABT_ERR>();
  }

 private:
  RegisterFile& registers_;
  Interrupts& interrupts_;
};

}  // namespace iommusim::smmuv3
