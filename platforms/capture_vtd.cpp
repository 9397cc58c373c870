// SPDX-License-Identifier: Apache-2.0
// Captures of VT-d units.
#include "iommu/vtd/registers.h"
#include "iommu/vtd/unit.h"
#include "platforms/capture.h"
#include "platforms/captured_config.h"
#include "platforms/captured_memory.h"
#include "platforms/json_input.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>

namespace iommusim::platforms {
namespace {

/// Offset of GCMD, which is write-only and so in no capture.
constexpr std::uint64_t gcmd_offset = 0x018;

struct CapturedRegister {
  std::uint64_t offset = 0;
  unsigned width = 0;
  std::uint64_t value = 0;
};

struct CapturedRegisters {
  std::string file;
  PhysAddr base;
  std::map<std::string, CapturedRegister> by_name;

  const CapturedRegister& need(const std::string& name) const {
    const auto found = by_name.find(name);
    if (found == by_name.end())
      throw InputError({file}, fmt::format("there is no register {}; is this the capture of a VT-d unit?", name));
    return found->second;
  }
};

CapturedRegisters read_registers(const std::string& file) {
  const nlohmann::json json = read_json_file(file);
  const SourcePosition position{file};
  const JsonValue root{json, position};
  CapturedRegisters registers;
  registers.file = file;
  // Captures of other units have other members.
  if (!root.find("base")) root.fail("found no \"base\", expected the registers of a VT-d unit");
  registers.base = PhysAddr{root.at("base").number()};
  for (const JsonValue& entry : root.at("registers").elements())
    registers.by_name[entry.at("name").text()] = {entry.at("offset").number(0xFFFF),
                                                  static_cast<unsigned>(entry.at("width").number(8)),
                                                  entry.at("value").number()};
  return registers;
}

/// Writes registers as the driver did, in the order that the specification asks for.
class Restore {
 public:
  Restore(const CapturedRegisters& registers, vtd::Unit& unit)
      : registers_{registers}, unit_{unit}, status_{registers.need("GSTS").value} {}

  void run() {
    for (const char* name : {"FEDATA", "FEADDR", "FEUADDR", "FECTL", "IEDATA", "IEADDR", "IEUADDR", "IECTL", "PLMBASE",
                             "PLMLIMIT", "PHMBASE", "PHMLIMIT", "RTADDR", "IRTA", "IQA"})
      copy(name);
    using Command = vtd::GlobalCommand;
    using Status = vtd::GlobalStatus;
    repeat<Command::SRTP, Status::RTPS>(Kind::once);
    repeat<Command::SIRTP, Status::IRTPS>(Kind::once);
    repeat<Command::QIE, Status::QIES>(Kind::level);
    repeat<Command::IRE, Status::IRES>(Kind::level);
    repeat<Command::CFI, Status::CFIS>(Kind::level);
    copy("PMEN");
    repeat<Command::TE, Status::TES>(Kind::level);
  }

 private:
  /// Registers that the captured unit did not have are not restored.
  void copy(const char* name) {
    const auto found = registers_.by_name.find(name);
    if (found == registers_.by_name.end()) return;
    const auto& [offset, width, value] = found->second;
    unit_.write_register(offset, width, value);
  }
  enum class Kind : std::uint8_t { once, level };
  /// Gives the command that the status bit tells of.
  template <class CommandBit, class StatusBit>
  void repeat(Kind kind) {
    if (!status_.get<StatusBit>()) return;
    command_.set<CommandBit>(true);
    unit_.write_register(gcmd_offset, 4, command_.raw());
    if (kind == Kind::once) command_.set<CommandBit>(false);
  }

  const CapturedRegisters& registers_;
  vtd::Unit& unit_;
  vtd::GlobalStatus status_;
  vtd::GlobalCommand command_;
};

}  // namespace

Capture load_vtd_capture(const std::string& folder) {
  const std::filesystem::path path{folder};
  const CapturedRegisters registers = read_registers((path / "registers.json").string());
  CapturedConfig captured = config_from_capabilities(registers.need("CAP").value, registers.need("ECAP").value);
  captured.config.register_base = registers.base;
  for (const std::string& finding : vtd::validate(captured.config))
    throw InputError({registers.file}, "the capability registers are illegal: " + finding);
  Capture capture;
  capture.unsupported = std::move(captured.unsupported);
  capture.memory = read_captured_memory(path);
  auto unit = std::make_unique<vtd::Unit>(captured.config, *capture.memory);
  Restore{registers, *unit}.run();
  capture.unit = std::move(unit);
  return capture;
}

}  // namespace iommusim::platforms
