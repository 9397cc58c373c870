// SPDX-License-Identifier: Apache-2.0
#include "interrupts/msi_source.h"

#include "base/endian.h"
#include "pcie/capability_list.h"
#include "pcie/msi_capability.h"
#include "pcie/msix_capability.h"

#include <array>
#include <optional>

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

bool has_vector(const pcie::ConfigSpace& config, unsigned vector) {
  const pcie::ConfigReader read = pcie::reader_of(config);
  if (const auto msix = find_capability(read, pcie::CapabilityId::msix))
    if (vector <= config.get<MsixControl>(*msix + pcie::msix::control).get<MsixControl::TableSize>()) return true;
  const auto msi = find_capability(read, pcie::CapabilityId::msi);
  if (!msi || vector >= 32) return false;
  const auto control = config.get<pcie::MsiControl>(*msi + pcie::msi::control);
  return vector >> control.get<pcie::MsiControl::MultipleMessageCapable>() == 0;
}

MsiRequest request_plain_msi(const pcie::ConfigSpace& config, unsigned capability, unsigned vector) {
  const auto control = config.get<pcie::MsiControl>(capability + pcie::msi::control);
  if (vector >> control.get<pcie::MsiControl::MultipleMessageCapable>() != 0) return {MsiState::absent, {}};
  // Software may give a function fewer vectors than it asks for.
  if (vector >> control.get<pcie::MsiControl::MultipleMessageEnable>() != 0) return {MsiState::disabled, {}};
  const auto message = pcie::msi_message(config, vector);
  if (!message) return {MsiState::masked, {}};
  return {MsiState::enabled, {message->address, message->data}};
}

/// Which of the two capabilities signals interrupts now.
std::optional<unsigned> enabled_msix(const pcie::ConfigSpace& config) {
  const auto msix = find_capability(pcie::reader_of(config), pcie::CapabilityId::msix);
  const bool enabled = msix && config.get<MsixControl>(*msix + pcie::msix::control).get<MsixControl::Enable>() != 0;
  return enabled ? msix : std::nullopt;
}

std::optional<unsigned> enabled_msi(const pcie::ConfigSpace& config) {
  const auto msi = find_capability(pcie::reader_of(config), pcie::CapabilityId::msi);
  const bool enabled =
      msi && config.get<pcie::MsiControl>(*msi + pcie::msi::control).get<pcie::MsiControl::Enable>() != 0;
  return enabled ? msi : std::nullopt;
}

void write_msix_pending(const pcie::ConfigSpace& config, unsigned capability, FunctionAccess& function, unsigned vector,
                        bool pending) {
  const auto array = config.get<MsixLocation>(capability + pcie::msix::pending_bits);
  const std::uint64_t offset = (array.get<MsixLocation::Offset>() << 3) + vector / 8;
  const auto bar = static_cast<std::uint8_t>(array.get<MsixLocation::BarIndicator>());
  std::uint8_t bits = 0;
  if (!function.read_bar(bar, offset, &bits, 1)) return;
  const unsigned bit = 1U << vector % 8;
  bits = static_cast<std::uint8_t>(pending ? bits | bit : bits & ~bit);
  function.write_bar(bar, offset, &bits, 1);
}

void write_msi_pending(const pcie::ConfigSpace& config, unsigned capability, FunctionAccess& function, unsigned vector,
                       bool pending) {
  const auto control = config.get<pcie::MsiControl>(capability + pcie::msi::control);
  if (control.get<pcie::MsiControl::PerVectorMasking>() == 0 || vector >= 32) return;
  const unsigned offset = capability + pcie::msi::pending(control);
  const std::uint32_t bit = std::uint32_t{1} << vector;
  const std::uint32_t bits = config.read(offset, 4);
  function.record(offset, pending ? bits | bit : bits & ~bit);
}

void write_pending(const pcie::ConfigSpace& config, FunctionAccess& function, unsigned vector, bool pending) {
  if (const auto msix = enabled_msix(config))
    write_msix_pending(config, *msix, function, vector, pending);
  else if (const auto msi = enabled_msi(config))
    write_msi_pending(config, *msi, function, vector, pending);
}

}  // namespace

MsiRequest request_msi(const pcie::ConfigSpace& config, const BarReader& bars, unsigned vector) {
  if (const auto msix = enabled_msix(config))
    return request_msix(config, *msix, config.get<MsixControl>(*msix + pcie::msix::control), bars, vector);
  if (const auto msi = enabled_msi(config)) return request_plain_msi(config, *msi, vector);
  return {has_vector(config, vector) ? MsiState::disabled : MsiState::absent, {}};
}

// PCIe base specification, 6.1.4.5.
void set_pending(const pcie::ConfigSpace& config, FunctionAccess& function, unsigned vector) {
  write_pending(config, function, vector, true);
}

// PCIe base specification, 6.1.4.5: however often it was signalled meanwhile, an unmasked vector sends one message.
std::optional<MsiMessage> take_pending(const pcie::ConfigSpace& config, FunctionAccess& function, unsigned vector) {
  const MsiRequest request = request_msi(config, function, vector);
  if (request.state != MsiState::enabled) return std::nullopt;
  write_pending(config, function, vector, false);
  return request.message;
}

}  // namespace iommusim::interrupts
