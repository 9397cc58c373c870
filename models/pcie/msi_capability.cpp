// SPDX-License-Identifier: Apache-2.0
#include "pcie/msi_capability.h"

#include "pcie/capability_list.h"

namespace iommusim::pcie {

std::optional<MessageWrite> msi_message(const ConfigSpace& config, unsigned vector) {
  const auto capability = find_capability(reader_of(config), CapabilityId::msi);
  if (!capability) return std::nullopt;
  const auto control = config.get<MsiControl>(*capability + msi::control);
  const unsigned vectors = 1U << control.get<MsiControl::MultipleMessageEnable>();
  if (control.get<MsiControl::Enable>() == 0 || vector >= vectors) return std::nullopt;

  if (control.get<MsiControl::PerVectorMasking>() != 0) {
    const std::uint32_t masked = config.read(*capability + msi::mask(control), 4);
    if (vector < 32 && (masked >> vector & 1) != 0) return std::nullopt;
  }

  std::uint64_t address = config.read(*capability + msi::address, 4);
  if (control.get<MsiControl::Is64Bit>() != 0)
    address |= std::uint64_t{config.read(*capability + msi::upper_address, 4)} << 32;
  // The function replaces the low bits of the data by the vector (7.7.1.5).
  const std::uint32_t data = config.read(*capability + msi::data(control), 2);
  return MessageWrite{BusAddr{address}, (data & ~(vectors - 1)) | vector};
}

}  // namespace iommusim::pcie
