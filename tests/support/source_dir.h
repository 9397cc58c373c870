// SPDX-License-Identifier: Apache-2.0
// Where the sources are, for tests that read ready platforms, traces and data.
#pragma once

#include <string>

namespace iommusim::tests {

/// The root of the checkout, without a slash at its end.
std::string source_dir();

}  // namespace iommusim::tests
