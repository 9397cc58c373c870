// SPDX-License-Identifier: Apache-2.0
// What no device can send, whatever form a trace has.
#pragma once

#include "traces/operation.h"

#include <optional>
#include <string>

namespace iommusim::traces {

/// Why `dma` is no request; nullopt: it is one.
std::optional<std::string> why_impossible(const Dma& dma);

}  // namespace iommusim::traces
