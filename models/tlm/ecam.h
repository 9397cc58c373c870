// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace iommusim::modules {

/// A segment's configuration region has 256 MiB: a configuration access carries the offset in bits 27:0 and the
/// segment above.
constexpr unsigned ecam_segment_shift = 28;

}  // namespace iommusim::modules
