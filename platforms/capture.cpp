// SPDX-License-Identifier: Apache-2.0
#include "platforms/capture.h"

#include "base/input_file.h"
#include "base/quantity.h"
#include "iommu/vtd/registers.h"
#include "platforms/captured_config.h"
#include "platforms/json_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>

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

Range<PhysAddr> read_range(const JsonValue& where, PhysAddr first, std::uint64_t size) {
  const auto range = Range<PhysAddr>::from_size(first, size);
  if (!range || first.value() % page_4k != 0 || size % page_4k != 0)
    where.fail("expected whole pages of 4 KiB below 2^64");
  return *range;
}

/// The pages in the order of the image, and the ranges that are all zero.
struct Index {
  std::vector<Range<PhysAddr>> pages;
  std::vector<Range<PhysAddr>> zeros;
};

Index read_index(const std::string& file) {
  const nlohmann::json json = read_json_file(file);
  const SourcePosition position{file};
  const JsonValue root{json, position};
  if (const JsonValue size = root.at("page_size"); size.number() != page_4k) size.fail("expected 4096");
  Index index;
  for (const JsonValue& page : root.at("pages").elements())
    index.pages.push_back(read_range(page, PhysAddr{page.at("pa").number()}, page_4k));
  for (const JsonValue& range : root.at("zero_ranges").elements()) {
    const auto ends = range.elements();
    if (ends.size() != 2) range.fail("expected [address, length]");
    index.zeros.push_back(read_range(range, PhysAddr{ends[0].number()}, ends[1].number()));
  }
  return index;
}

/// Neighbours become one bank, so that a table may lie across them.
std::vector<memory::Bank> banks_of(const Index& index, const std::string& file) {
  std::vector<Range<PhysAddr>> ranges = index.pages;
  ranges.insert(ranges.end(), index.zeros.begin(), index.zeros.end());
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<memory::Bank> banks;
  for (const Range<PhysAddr>& range : ranges) {
    if (!banks.empty() && range.first <= banks.back().range.last)
      throw InputError({file}, fmt::format("page {} is listed twice", format_hex(range.first.value())));
    if (!banks.empty() && banks.back().range.last + 1 == range.first)
      banks.back().range.last = range.last;
    else
      banks.push_back({ComponentId::none, range});
  }
  return banks;
}

std::string image_file(const std::filesystem::path& folder) {
  const auto plain = folder / "memory.bin";
  return std::filesystem::exists(plain) ? plain.string() : (folder / "memory.bin.zst").string();
}

void read_image(const std::string& file, const Index& index, memory::SparseMemory& memory) {
  InputFile image{file};
  std::array<std::uint8_t, page_4k> content{};
  for (const Range<PhysAddr>& page : index.pages) {
    std::size_t size = 0;
    while (size < content.size()) {
      const std::size_t part = image.read(content.data() + size, content.size() - size);
      if (part == 0)
        throw InputError({file}, fmt::format("ends before the {} pages that the index lists", index.pages.size()));
      size += part;
    }
    memory.write(page.first, content.data(), content.size());
  }
  if (image.read(content.data(), 1) != 0)
    throw InputError({file}, fmt::format("goes on after the {} pages that the index lists", index.pages.size()));
}

std::unique_ptr<memory::SparseMemory> read_memory(const std::filesystem::path& folder) {
  const std::string index_file = (folder / "memory.index.json").string();
  const Index index = read_index(index_file);
  auto memory = std::make_unique<memory::SparseMemory>(banks_of(index, index_file));
  read_image(image_file(folder), index, *memory);
  return memory;
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

Capture load_capture(const std::string& folder) {
  const std::filesystem::path path{folder};
  const CapturedRegisters registers = read_registers((path / "registers.json").string());
  CapturedConfig captured = config_from_capabilities(registers.need("CAP").value, registers.need("ECAP").value);
  captured.config.register_base = registers.base;
  for (const std::string& finding : vtd::validate(captured.config))
    throw InputError({registers.file}, "the capability registers are illegal: " + finding);
  Capture capture;
  capture.unsupported = std::move(captured.unsupported);
  capture.memory = read_memory(path);
  capture.unit = std::make_unique<vtd::Unit>(captured.config, *capture.memory);
  Restore{registers, *capture.unit}.run();
  return capture;
}

}  // namespace iommusim::platforms
