// SPDX-License-Identifier: Apache-2.0
// Oracle: the register table of the VT-d specification, 11.4, typed a second time, and its access types.
#include "iommu/vtd/register_map.h"

#include "iommu/vtd/register_file.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace iommusim;
using namespace iommusim::vtd;

namespace {

struct Listed {
  const char* name;
  unsigned offset;
  unsigned width;
  const char* access;
  std::uint64_t reset;
};

/// Offsets of the default unit: IRO*16 = 0xF0, FRO*16 = 0x220. A fault record is two halves of 64 bits.
constexpr Listed listed[] = {{"VER", 0x000, 32, "RO", 0x10},
                             {"CAP", 0x008, 64, "RO", 0xD2'008C'222F'0606},
                             {"ECAP", 0x010, 64, "RO", 0xF42},
                             {"GCMD", 0x018, 32, "WO", 0},
                             {"GSTS", 0x01C, 32, "RO", 0},
                             {"RTADDR", 0x020, 64, "RW", 0},
                             {"CCMD", 0x028, 64, "RW WO", 0},
                             {"FSTS", 0x034, 32, "RW1C", 0},
                             {"FECTL", 0x038, 32, "RW", 0x8000'0000},
                             {"FEDATA", 0x03C, 32, "RW", 0},
                             {"FEADDR", 0x040, 32, "RW", 0},
                             {"FEUADDR", 0x044, 32, "RW", 0},
                             {"PMEN", 0x064, 32, "RW", 0},
                             {"PLMBASE", 0x068, 32, "RW", 0},
                             {"PLMLIMIT", 0x06C, 32, "RW", 0},
                             {"PHMBASE", 0x070, 64, "RW", 0},
                             {"PHMLIMIT", 0x078, 64, "RW", 0},
                             {"IQH", 0x080, 64, "RO", 0},
                             {"IQT", 0x088, 64, "RW", 0},
                             {"IQA", 0x090, 64, "RW", 0},
                             {"ICS", 0x09C, 32, "RW1C", 0},
                             {"IECTL", 0x0A0, 32, "RW", 0x8000'0000},
                             {"IEDATA", 0x0A4, 32, "RW", 0},
                             {"IEADDR", 0x0A8, 32, "RW", 0},
                             {"IEUADDR", 0x0AC, 32, "RW", 0},
                             {"IQERCD", 0x0B0, 64, "RO", 0},
                             {"PQH", 0x0C0, 64, "RW", 0},
                             {"PQT", 0x0C8, 64, "RW", 0},
                             {"PQA", 0x0D0, 64, "RW", 0},
                             {"PRS", 0x0DC, 32, "RW1C", 0},
                             {"PECTL", 0x0E0, 32, "RW", 0},
                             {"PEDATA", 0x0E4, 32, "RW", 0},
                             {"PEADDR", 0x0E8, 32, "RW", 0},
                             {"PEUADDR", 0x0EC, 32, "RW", 0},
                             {"IVA", 0x0F0, 64, "WO", 0},
                             {"IOTLB", 0x0F8, 64, "RW", 0},
                             {"FRCD[63:0]", 0x220, 64, "RO", 0},
                             {"FRCD[127:64]", 0x228, 64, "RW1C", 0}};

std::string access_of(const RegisterSpec& spec) {
  std::string access;
  if (spec.read_write != 0) access += " RW";
  if (spec.write_only != 0) access += " WO";
  if (spec.write_1_clears != 0) access += " RW1C";
  return access.empty() ? "RO" : access.substr(1);
}

RegisterSpec spec_with(std::uint64_t read_write, std::uint64_t write_1_clears, std::uint64_t write_only) {
  RegisterSpec spec{};
  spec.width = 8;
  spec.read_write = read_write;
  spec.write_1_clears = write_1_clears;
  spec.write_only = write_only;
  return spec;
}

}  // namespace

TEST_CASE("The register table is the one of the specification", "[vtd]") {
  const auto registers = registers_of({});
  REQUIRE(registers.size() == std::size(listed));
  for (std::size_t i = 0; i < registers.size(); ++i) {
    CAPTURE(listed[i].name);
    CHECK(registers[i].name == listed[i].name);
    CHECK(registers[i].offset == listed[i].offset);
    CHECK(registers[i].width * 8u == listed[i].width);
    CHECK(registers[i].reset == listed[i].reset);
    CHECK(access_of(register_table[i]) == listed[i].access);
    CHECK(static_cast<std::size_t>(register_table[i].id) == i);
  }
}

TEST_CASE("No two kinds of access share a bit, and no register shares a byte with another", "[vtd]") {
  UnitConfig config;
  config.fault_records = 16;
  auto registers = registers_of(config);
  for (const RegisterSpec& spec : registers) {
    CHECK((spec.read_write & spec.write_1_clears) == 0);
    CHECK((spec.read_write & spec.write_only) == 0);
    CHECK(spec.offset % spec.width == 0);
    if (spec.width == 4) CHECK((spec.read_write | spec.write_1_clears | spec.write_only | spec.reset) >> 32 == 0);
  }
  std::sort(registers.begin(), registers.end(), [](auto& a, auto& b) { return a.offset < b.offset; });
  for (std::size_t i = 1; i < registers.size(); ++i)
    CHECK(registers[i - 1].offset + registers[i - 1].width <= registers[i].offset);
}

TEST_CASE("A register of a feature that the unit lacks is read-only zero", "[vtd]") {
  UnitConfig config;
  config.queued_invalidation = false;
  const auto registers = registers_of(config);
  for (const RegisterId id : {RegisterId::iqt, RegisterId::iectl, RegisterId::ics, RegisterId::pmen,
                              RegisterId::plmbase, RegisterId::phmlimit, RegisterId::feuaddr}) {
    const RegisterSpec& spec = registers[static_cast<std::size_t>(id)];
    CAPTURE(spec.name);
    CHECK(access_of(spec) == "RO");
    CHECK(spec.reset == 0);
  }
}

TEST_CASE("The host address width limits the root pointer and the high protected region", "[vtd]") {
  UnitConfig config;
  config.host_address_width = 39;
  config.protected_high_memory = true;
  RegisterFile registers{config};
  for (const unsigned offset : {0x020u, 0x070u, 0x078u})
    registers.write_wide(offset, ~std::uint64_t{0});
  CHECK(registers.read(0x020) == 0xFFFF'FC00);
  CHECK(registers.read(0x024) == 0x7F);
  CHECK(registers.read(0x070) == 0xFFE0'0000);
  CHECK(registers.read(0x07C) == 0x7F);
}

TEST_CASE("A write changes read-write bits in the enabled bytes only", "[vtd]") {
  const RegisterSpec spec = spec_with(0x00FF'00FF'FFFF'0000, 0, 0);
  CHECK(apply_write(spec, 0, ~std::uint64_t{0}, 0xFF) == 0x00FF'00FF'FFFF'0000);
  CHECK(apply_write(spec, 0, ~std::uint64_t{0}, 0x0F) == 0xFFFF'0000);
  CHECK(apply_write(spec, 0, ~std::uint64_t{0}, 0xF0) == 0x00FF'00FF'0000'0000);
  CHECK(apply_write(spec, 0x1234'0000, 0, 0x04) == 0x1200'0000);
  CHECK(apply_write(spec, ~std::uint64_t{0}, 0, 0xFF) == 0xFF00'FF00'0000'FFFF);
}

TEST_CASE("A written one clears a bit, a written zero keeps it", "[vtd]") {
  const RegisterSpec spec = spec_with(0, 0x8000'0000'0000'0011, 0);
  CHECK(apply_write(spec, 0x8000'0000'0000'0013, 0x1, 0xFF) == 0x8000'0000'0000'0012);
  CHECK(apply_write(spec, 0x8000'0000'0000'0013, 0, 0xFF) == 0x8000'0000'0000'0013);
  CHECK(apply_write(spec, 0x8000'0000'0000'0013, ~std::uint64_t{0}, 0x0F) == 0x8000'0000'0000'0002);
}

TEST_CASE("Write-only bits are taken and read as zero", "[vtd]") {
  const RegisterSpec spec = spec_with(0x0F, 0, 0xF0);
  const std::uint64_t value = apply_write(spec, 0, 0xFFF, 0xFF);
  CHECK(value == 0xFF);
  CHECK(readable(spec, value) == 0x0F);
}

TEST_CASE("The register block covers the last fault record in whole pages", "[vtd]") {
  UnitConfig config;
  CHECK(RegisterFile{config}.block_size() == 0x1000);
  config.fault_records = 256;
  CHECK(RegisterFile{config}.block_size() == 0x2000);
  config.fault_record_offset = 0x3FF0;
  CHECK(RegisterFile{config}.block_size() == 0x5000);
}
