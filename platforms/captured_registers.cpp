// SPDX-License-Identifier: Apache-2.0
#include "platforms/captured_registers.h"

#include "base/input_error.h"
#include "platforms/json_input.h"

#include <fmt/format.h>

namespace iommusim::platforms {

const CapturedRegister* CapturedRegisters::find(const std::string& name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &found->second;
}

const CapturedRegister& CapturedRegisters::need(const std::string& name) const {
  if (const CapturedRegister* found = find(name)) return *found;
  throw InputError({file}, fmt::format("there is no register {}; is this the capture of {}?", name,
                                       of_smmu ? "an SMMUv3" : "a VT-d unit"));
}

CapturedRegisters read_captured_registers(const std::string& file) {
  const nlohmann::json json = read_json_file(file);
  const SourcePosition position{file};
  const JsonValue root{json, position};
  CapturedRegisters registers;
  registers.file = file;
  const auto smmu_base = root.find("smmu_base");
  const auto vtd_base = root.find("base");
  if (!smmu_base && !vtd_base)
    root.fail(R"(found neither "base" nor "smmu_base", expected the registers of a VT-d unit or an SMMUv3)");
  registers.of_smmu = smmu_base.has_value();
  registers.base = PhysAddr{(smmu_base ? smmu_base : vtd_base)->number()};
  // Page 1 of an SMMUv3 begins at 64 KiB.
  constexpr std::uint64_t last_offset = 0x1'FFFF;
  for (const JsonValue& entry : root.at("registers").elements())
    registers.by_name[entry.at("name").text()] = {entry.at("offset").number(last_offset),
                                                  static_cast<unsigned>(entry.at("width").number(8)),
                                                  entry.at("value").number()};
  return registers;
}

void restore_register(const CapturedRegisters& registers, const std::string& name, iommu::Unit& unit) {
  if (const CapturedRegister* found = registers.find(name))
    unit.write_register(found->offset, found->width, found->value);
}

}  // namespace iommusim::platforms
