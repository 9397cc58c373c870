// SPDX-License-Identifier: Apache-2.0
// What firmware reports when a host bridge has too few bus numbers or addresses for what is below it.
#pragma once

#include "base/requester_id.h"
#include "software/driver_error.h"

#include <string>
#include <utility>

namespace iommusim::software {

/// what(): "bb:dd.f: <shortage>; it needs <need>".
class EnumerationError : public DriverError {
 public:
  EnumerationError(RequesterId function, std::string shortage, std::string need)
      : DriverError{to_string(function) + ": " + shortage + "; it needs " + need},
        function_{function},
        shortage_{std::move(shortage)},
        need_{std::move(need)} {}

  /// The function for which there is not enough, under the number that it has by now.
  RequesterId function() const { return function_; }
  const std::string& shortage() const { return shortage_; }
  const std::string& need() const { return need_; }

 private:
  RequesterId function_;
  std::string shortage_;
  std::string need_;
};

}  // namespace iommusim::software
