// SPDX-License-Identifier: Apache-2.0
// What takes interrupt messages on a platform, and who sends them where.
#pragma once

#include "platforms/description.h"

#include <vector>

namespace iommusim::platforms {

/// The doorbells of a platform, the first being where devices send to unless their host bridge says otherwise.
/// Redistributors take messages, too, but no operating system has devices send them there.
std::vector<DoorbellKind> message_targets(const Description& description);

/// Host bridges that name no doorbell get the first; without any, none.
void resolve_doorbells(Description& description);

/// "its" and so on, as long as the platform has it.
std::vector<DoorbellKind> gic_doorbells(const Description& description);

}  // namespace iommusim::platforms
