// SPDX-License-Identifier: Apache-2.0
// What a driver reports when it cannot do what it was asked to.
#pragma once

#include <stdexcept>

namespace iommusim::software {

/// what() is one plain sentence for the person who asked: the request was impossible (overlap, misalignment,
/// beyond a width), a resource ran out, or hardware did not answer within the driver's bounded number of
/// polls. When the request was impossible, nothing was changed.
class DriverError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The memory for tables is used up.
class OutOfPages : public DriverError {
 public:
  using DriverError::DriverError;
};

}  // namespace iommusim::software
