// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 7.7.1 and 7.7.2, on tables filled by hand.
#include "interrupts/msi_source.h"

#include "base/endian.h"
#include "pcie/capability_list.h"
#include "pcie/function_builder.h"
#include "pcie/msi_capability.h"
#include "pcie/msix_capability.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <vector>

using namespace iommusim;
using namespace iommusim::interrupts;

namespace {

constexpr std::uint8_t table_bar = 3;
constexpr std::uint32_t table_offset = 0x40;

/// A BAR of a few bytes; the others are absent.
class OneBar final : public FunctionAccess {
 public:
  explicit OneBar(std::size_t size) : bytes_(size) {}
  void write32(std::uint64_t offset, std::uint32_t value) { store_le(bytes_.data() + offset, value); }
  bool read_bar(std::uint8_t bar, std::uint64_t offset, void* to, std::size_t size) const override {
    if (bar != table_bar || offset + size > bytes_.size()) return false;
    std::memcpy(to, bytes_.data() + offset, size);
    return true;
  }
  bool write_bar(std::uint8_t bar, std::uint64_t offset, const void* from, std::size_t size) override {
    if (bar != table_bar || offset + size > bytes_.size()) return false;
    std::memcpy(bytes_.data() + offset, from, size);
    return true;
  }
  void record(unsigned offset, std::uint32_t value) override { config->record(offset, 4, value); }

  /// Whose registers record() replaces.
  pcie::ConfigSpace* config = nullptr;

 private:
  std::vector<std::uint8_t> bytes_;
};

/// A function with MSI (4 vectors, maskable) and MSI-X (3 vectors).
struct Function {
  Function() {
    pcie::FunctionConfig built;
    built.bars = {{table_bar, 0x1000}};
    built.msi = pcie::MsiConfig{4, true, true};
    built.msix = pcie::MsixConfig{3, table_bar, table_offset, table_bar, 0x800};
    config = pcie::build_config_space(built);
    bars.config = &config;
  }

  unsigned at(pcie::CapabilityId id) const { return *pcie::find_capability(pcie::reader_of(config), id); }
  void control_msix(std::uint32_t value) { config.write(at(pcie::CapabilityId::msix) + 2, 2, value); }
  /// Control, address, upper address, data: 7.7.1.
  void program_msi(std::uint32_t control, std::uint64_t address, std::uint32_t data) {
    const unsigned msi = at(pcie::CapabilityId::msi);
    config.write(msi + 4, 4, static_cast<std::uint32_t>(address));
    config.write(msi + 8, 4, static_cast<std::uint32_t>(address >> 32));
    config.write(msi + 0xC, 2, data);
    config.write(msi + 2, 2, control);
  }
  /// A 16-byte entry: address, upper address, data, vector control.
  void program_entry(unsigned vector, std::uint64_t address, std::uint32_t data, bool masked) {
    const std::uint64_t entry = table_offset + 16 * vector;
    bars.write32(entry, static_cast<std::uint32_t>(address));
    bars.write32(entry + 4, static_cast<std::uint32_t>(address >> 32));
    bars.write32(entry + 8, data);
    bars.write32(entry + 12, masked ? 1 : 0);
  }
  MsiRequest request(unsigned vector) const { return request_msi(config, bars, vector); }

  pcie::ConfigSpace config;
  OneBar bars{0x1000};
};

constexpr std::uint32_t msix_enable = 0x8000;
constexpr std::uint32_t function_mask = 0x4000;
constexpr std::uint32_t msi_enable = 0x0001;
constexpr std::uint32_t four_messages = 0x0020;

}  // namespace

TEST_CASE("A function sends nothing before software enables MSI or MSI-X", "[interrupts]") {
  Function function;
  CHECK(function.request(0).state == MsiState::disabled);
  function.program_entry(0, 0xFEE0'1000, 0x31, false);
  CHECK(function.request(0).state == MsiState::disabled);
  const pcie::ConfigSpace none = pcie::build_config_space({});
  CHECK(request_msi(none, function.bars, 0).state == MsiState::absent);
}

TEST_CASE("MSI-X sends the address and data of the vector's table entry", "[interrupts]") {
  Function function;
  function.program_entry(0, 0xFEE0'1000, 0x31, false);
  function.program_entry(2, 0x12'FEE0'3000, 0xABCD'0033, false);
  function.control_msix(msix_enable);
  CHECK(function.request(0).state == MsiState::enabled);
  CHECK(function.request(0).message == MsiMessage{BusAddr{0xFEE0'1000}, 0x31});
  CHECK(function.request(2).message == MsiMessage{BusAddr{0x12'FEE0'3000}, 0xABCD'0033});
}

TEST_CASE("A vector beyond the MSI-X table, or a table beyond its BAR, is absent", "[interrupts]") {
  Function function;
  function.control_msix(msix_enable);
  CHECK(function.request(2).state == MsiState::enabled);
  CHECK(function.request(3).state == MsiState::absent);
  // The table's third entry reaches to 70h.
  function.bars = OneBar{0x6F};
  CHECK(function.request(1).state == MsiState::enabled);
  CHECK(function.request(2).state == MsiState::absent);
}

TEST_CASE("MSI-X vectors are masked one by one and all together", "[interrupts]") {
  Function function;
  function.program_entry(0, 0xFEE0'1000, 0x31, false);
  function.program_entry(1, 0xFEE0'1000, 0x32, true);
  function.control_msix(msix_enable);
  CHECK(function.request(0).state == MsiState::enabled);
  CHECK(function.request(1).state == MsiState::masked);
  function.control_msix(msix_enable | function_mask);
  CHECK(function.request(0).state == MsiState::masked);
}

TEST_CASE("MSI replaces the low bits of its data by the vector", "[interrupts]") {
  Function function;
  function.program_msi(msi_enable | four_messages, 0x1'FEE0'2000, 0x40);
  CHECK(function.request(0).message == MsiMessage{BusAddr{0x1'FEE0'2000}, 0x40});
  CHECK(function.request(3).message == MsiMessage{BusAddr{0x1'FEE0'2000}, 0x43});
  CHECK(function.request(4).state == MsiState::absent);
  function.program_msi(msi_enable, 0xFEE0'2000, 0x40);
  CHECK(function.request(0).state == MsiState::enabled);
  CHECK(function.request(1).state == MsiState::disabled);
  function.program_msi(four_messages, 0xFEE0'2000, 0x40);
  CHECK(function.request(0).state == MsiState::disabled);
}

TEST_CASE("A masked MSI vector stays pending", "[interrupts]") {
  Function function;
  function.program_msi(msi_enable | four_messages, 0xFEE0'2000, 0x40);
  function.config.write(function.at(pcie::CapabilityId::msi) + 0x10, 4, 0b0100);
  CHECK(function.request(1).state == MsiState::enabled);
  CHECK(function.request(2).state == MsiState::masked);
}

TEST_CASE("MSI-X is used when both are enabled", "[interrupts]") {
  Function function;
  function.program_msi(msi_enable | four_messages, 0xFEE0'2000, 0x40);
  function.program_entry(0, 0xFEE0'1000, 0x31, false);
  CHECK(function.request(0).message.data == 0x40);
  function.control_msix(msix_enable);
  CHECK(function.request(0).message.data == 0x31);
}

TEST_CASE("A vector that the function has is disabled, one that it has not is absent", "[interrupts]") {
  Function function;
  CHECK(function.request(3).state == MsiState::disabled);
  CHECK(function.request(4).state == MsiState::absent);
  // Software gives two of the four vectors.
  function.program_msi(msi_enable | 0x0010, 0xFEE0'1000, 0x40);
  CHECK(function.request(1).state == MsiState::enabled);
  CHECK(function.request(2).state == MsiState::disabled);
  CHECK(function.request(4).state == MsiState::absent);
}

TEST_CASE("A masked vector becomes pending in the pending bit array, or in the MSI capability", "[interrupts]") {
  Function function;
  function.control_msix(msix_enable | function_mask);
  set_pending(function.config, function.bars, 2);
  set_pending(function.config, function.bars, 0);
  std::uint8_t bits = 0;
  REQUIRE(function.bars.read_bar(table_bar, 0x800, &bits, 1));
  CHECK(bits == 0b101);

  function.control_msix(0);
  function.program_msi(msi_enable | four_messages, 0xFEE0'1000, 0x40);
  set_pending(function.config, function.bars, 3);
  // 64-bit addresses and masking: pending bits at 14h (7.7.1.8).
  CHECK(function.config.read(function.at(pcie::CapabilityId::msi) + 0x14, 4) == 0b1000);
}

TEST_CASE("An unmasked MSI-X vector sends its message and is pending no more", "[interrupts]") {
  Function function;
  function.program_entry(0, 0xFEE0'1000, 0x31, true);
  function.program_entry(2, 0xFEE0'1000, 0x33, true);
  function.control_msix(msix_enable);
  set_pending(function.config, function.bars, 0);
  set_pending(function.config, function.bars, 0);
  set_pending(function.config, function.bars, 2);
  CHECK_FALSE(take_pending(function.config, function.bars, 0));

  // Software may change the entry while it is masked: what is sent is what stands there then.
  function.program_entry(0, 0xFEE0'2000, 0x55, false);
  function.control_msix(msix_enable | function_mask);
  CHECK_FALSE(take_pending(function.config, function.bars, 0));
  function.control_msix(0);
  CHECK_FALSE(take_pending(function.config, function.bars, 0));
  function.control_msix(msix_enable);
  CHECK(take_pending(function.config, function.bars, 0) == MsiMessage{BusAddr{0xFEE0'2000}, 0x55});
  std::uint8_t bits = 0;
  REQUIRE(function.bars.read_bar(table_bar, 0x800, &bits, 1));
  CHECK(bits == 0b100);
}

TEST_CASE("An unmasked MSI vector sends its message and is pending no more", "[interrupts]") {
  Function function;
  const unsigned msi = function.at(pcie::CapabilityId::msi);
  function.program_msi(msi_enable | four_messages, 0xFEE0'1000, 0x40);
  function.config.write(msi + 0x10, 4, 0b1010);
  set_pending(function.config, function.bars, 1);
  set_pending(function.config, function.bars, 3);
  CHECK_FALSE(take_pending(function.config, function.bars, 3));
  function.config.write(msi + 0x10, 4, 0b0010);
  CHECK(take_pending(function.config, function.bars, 3) == MsiMessage{BusAddr{0xFEE0'1000}, 0x43});
  CHECK(function.config.read(msi + 0x14, 4) == 0b0010);
}
