// SPDX-License-Identifier: Apache-2.0
// What a call says about bad input.
#pragma once

#include "base/input_error.h"

#include <string>

namespace iommusim::support {

/// The message of the InputError that `call` throws; empty when it throws none.
template <class Call>
std::string error_text(Call&& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

}  // namespace iommusim::support
