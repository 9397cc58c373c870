// SPDX-License-Identifier: Apache-2.0
#include "interrupts/msi_source.h"

#include "base/endian.h"
#include "pcie/capability_list.h"
#include "pcie/msi_capability.h"
#include "pcie/msix_capability.h"

#include <array>

namespace iommusim::interrupts {
namespace {

using pcie::MsixControl;
using pcie::MsixEntry;
using pcie::MsixLocation;

MsiRequest request_msix(const pcie::ConfigSpace& config, unsigned capability, MsixControl control,
                        const BarReader& bars, unsigned vector) {
  if (vector > control.get<MsixControl::TableSize>()) return {MsiState::absent, {}};
  const MsixLocation table{config.read(capability + pcie::msix::table, 4)};
  const std::uint64_t offset = (table.get<MsixLocation::Offset>() << 3) + std::uint64_t{vector} * MsixEntry::bytes;
  std::array<std::uint8_t, MsixEntry::bytes> bytes{};
  const auto bar = static_cast<std::uint8_t>(table.get<MsixLocation::BarIndicator>());
  if (!bars.read_bar(bar, offset, bytes.data(), bytes.size())) return {MsiState::absent, {}};
  const MsixEntry entry{{load_le<std::uint64_t>(bytes.data()), load_le<std::uint64_t>(bytes.data() + 8)}};
  if (control.get<MsixControl::FunctionMask>() != 0 || entry.get<MsixEntry::Masked>() != 0)
    return {MsiState::masked, {}};
  return {MsiState::enabled,
          {BusAddr{entry.get<MsixEntry::MessageAddress>()},
           static_cast<std::uint32_t>(entry.get<MsixEntry::MessageData>())}};
}

MsiRequest request_plain_msi(const pcie::ConfigSpace& config, unsigned capability, unsigned vector) {
  const pcie::MsiControl control{config.read(capability + pcie::msi::control, 2)};
  if (control.get<pcie::MsiControl::Enable>() == 0) return {MsiState::disabled, {}};
  if (vector >> control.get<pcie::MsiControl::MultipleMessageEnable>() != 0) return {MsiState::absent, {}};
  const auto message = pcie::msi_message(config, vector);
  if (!message) return {MsiState::masked, {}};
  return {MsiState::enabled, {message->address, message->data}};
}

}  // namespace

MsiRequest request_msi(const pcie::ConfigSpace& config, const BarReader& bars, unsigned vector) {
  const pcie::ConfigReader read = pcie::reader_of(config);
  if (const auto msix = find_capability(read, pcie::CapabilityId::msix)) {
    const MsixControl control{config.read(*msix + pcie::msix::control, 2)};
    if (control.get<MsixControl::Enable>() != 0) return request_msix(config, *msix, control, bars, vector);
  }
  if (const auto msi = find_capability(read, pcie::CapabilityId::msi)) return request_plain_msi(config, *msi, vector);
  return {MsiState::disabled, {}};
}

}  // namespace iommusim::interrupts
