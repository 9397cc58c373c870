// SPDX-License-Identifier: Apache-2.0
// Hosts and devices that were measured (docs/calibration.md tells how each figure was found).
#pragma once

#include "timing/parameters.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace iommusim::timing {

enum class HostPreset : std::uint8_t {
  /// Intel Xeon E5-2630, E5-2620 v2, E5-2620 v3, E5-2637 v3, E5-2630 v4: Neugebauer et al., "Understanding PCIe
  /// performance for end host networking", SIGCOMM 2018, and its data set.
  sandy_bridge,
  ivy_bridge,
  haswell,
  haswell_2637,
  broadwell,
  /// Intel Xeon of 2019 with 92 lines of write buffer (Vuppalapati et al., "Understanding the host network", SIGCOMM
  /// 2024) and walks as in Rubin et al., "Fast & Safe IO Memory Protection", SOSP 2024.
  cascade_lake,
};

constexpr std::array<std::pair<std::string_view, HostPreset>, 6> host_presets{{
    {"sandy-bridge", HostPreset::sandy_bridge},
    {"ivy-bridge", HostPreset::ivy_bridge},
    {"haswell", HostPreset::haswell},
    {"haswell-2637", HostPreset::haswell_2637},
    {"broadwell", HostPreset::broadwell},
    {"cascade-lake", HostPreset::cascade_lake},
}};

enum class EnginePreset : std::uint8_t {
  /// Limits nothing.
  ideal,
  /// Netronome NFP-6000, DMA engine; and its direct command path, which has no descriptors and moves no data.
  nfp_6000,
  nfp_6000_command,
};

HostParameters host(HostPreset preset);
EngineParameters engine(EnginePreset preset);

/// What was measured of a host with a VT-d unit.
struct MeasuredHost {
  /// DMA read of 64 bytes by the NFP-6000 from the last-level cache, without IOMMU.
  Duration base;
  /// Added by a miss in the IOTLB.
  Duration penalty;
  /// Last-level cache, bytes.
  std::uint64_t cache = 0;
};
/// The rule by which the presets follow from their measurements.
HostParameters derive_host(const MeasuredHost& measured);

}  // namespace iommusim::timing
