// SPDX-License-Identifier: Apache-2.0
// Captures of VT-d units.
#include "base/input_error.h"
#include "iommu/vtd/registers.h"
#include "iommu/vtd/unit.h"
#include "platforms/capture_kinds.h"
#include "platforms/captured_config.h"
#include "platforms/captured_memory.h"

#include <utility>

namespace iommusim::platforms {
namespace {

/// Offset of GCMD, which is write-only and so in no capture.
constexpr std::uint64_t gcmd_offset = 0x018;

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
  void copy(const char* name) { restore_register(registers_, name, unit_); }
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

Capture load_vtd_capture(const CapturedRegisters& registers, const std::filesystem::path& folder) {
  CapturedConfig captured = config_from_capabilities(registers.need("CAP").value, registers.need("ECAP").value);
  captured.config.register_base = registers.base;
  for (const ConfigFinding& finding : vtd::find_impossible(captured.config))
    throw InputError({registers.file}, "the capability registers are illegal: " + to_string(finding));
  Capture capture;
  capture.unsupported = std::move(captured.unsupported);
  capture.memory = read_captured_memory(folder);
  auto unit = std::make_unique<vtd::Unit>(captured.config, *capture.memory);
  Restore{registers, *unit}.run();
  capture.unit = std::move(unit);
  return capture;
}

}  // namespace iommusim::platforms
