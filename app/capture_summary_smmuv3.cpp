// SPDX-License-Identifier: Apache-2.0
// The summary of a captured SMMUv3.
#include "app/capture_summary.h"
#include "base/quantity.h"
#include "iommu/smmuv3/context_descriptor.h"
#include "iommu/smmuv3/registers.h"
#include "iommu/smmuv3/stream_table_entry.h"
#include "iommu/smmuv3/unit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

namespace iommusim::app {
namespace {

using platforms::Capture;
using smmuv3::ContextDescriptor;
using smmuv3::StreamTableEntry;

// SMMUv3 architecture, 6.3.9, 6.3.24 and 6.3.25.
constexpr std::uint64_t cr0_offset = 0x20;
constexpr std::uint64_t strtab_base_offset = 0x80;
constexpr std::uint64_t strtab_base_cfg_offset = 0x88;
constexpr std::uint8_t two_level_format = 1;

std::string stages_text(const smmuv3::UnitConfig& config) {
  return config.stage_1 && config.stage_2 ? "stages 1 and 2" : config.stage_1 ? "stage 1" : "stage 2";
}

std::string granules_text(const smmuv3::UnitConfig& config) {
  std::vector<std::string_view> granules;
  if (config.granule_4k) granules.emplace_back("4 KiB");
  if (config.granule_16k) granules.emplace_back("16 KiB");
  if (config.granule_64k) granules.emplace_back("64 KiB");
  return fmt::format("{}", fmt::join(granules, ", "));
}

std::string stream_table_text(const smmuv3::Unit& unit) {
  const smmuv3::StreamTableConfig config{unit.read_register(strtab_base_cfg_offset, 4)};
  const std::uint64_t base = unit.read_register(strtab_base_offset, 8) & smmuv3::StreamTableBaseAddress::ADDR::mask;
  const bool two_levels = config.get<smmuv3::StreamTableConfig::FMT>() == two_level_format;
  return fmt::format("on, {} stream table of 2^{} entries at {:#x}", two_levels ? "two-level" : "linear",
                     config.get<smmuv3::StreamTableConfig::LOG2SIZE>(), base);
}

/// What the unit fetched under this name; nullptr: nothing.
const iommu::Fetch* fetched(const iommu::FetchLog& fetches, std::string_view what) {
  for (const iommu::Fetch& fetch : fetches)
    if (fetch.what == what && !fetch.failed) return &fetch;
  return nullptr;
}

std::string stage_1_text(const ContextDescriptor& context) {
  std::string text = fmt::format("ASID {}", context.get<ContextDescriptor::ASID>());
  const auto add = [&](bool disabled, std::string_view name, std::uint64_t table, unsigned txsz) {
    if (!disabled) text += fmt::format(", {} bits from {} {:#x}", 64 - txsz, name, table & ContextDescriptor::table);
  };
  add(context.get<ContextDescriptor::EPD0>(), "TTB0", context.word(1), context.get<ContextDescriptor::T0SZ>());
  add(context.get<ContextDescriptor::EPD1>(), "TTB1", context.word(2), context.get<ContextDescriptor::T1SZ>());
  return text;
}

std::string translation_text(const StreamTableEntry& entry, const iommu::Fetch* context) {
  std::vector<std::string> stages;
  if (context != nullptr)
    stages.push_back(stage_1_text(ContextDescriptor{context->value}));
  else if (has_stage_1(entry))
    stages.emplace_back("stage 1, no context without a substream");
  if (has_stage_2(entry))
    stages.push_back(fmt::format("VMID {}, {} bits from {:#x}", entry.get<StreamTableEntry::S2VMID>(),
                                 64 - entry.get<StreamTableEntry::S2T0SZ>(),
                                 entry.word(3) & StreamTableEntry::s2_table));
  return fmt::format("{}", fmt::join(stages, "; "));
}

/// Streams with a valid entry, which the unit is asked for: it fetches them as for a DMA.
class Streams {
 public:
  explicit Streams(const Capture& capture) : capture_{capture} {
    constexpr unsigned requesters = 0x1'0000;
    for (unsigned id = 0; id < requesters; ++id)
      add(RequesterId{static_cast<std::uint16_t>(id)});
  }

  std::string text() const {
    const std::string aborting =
        aborting_ == 0 ? "" : summary_line("others", fmt::format("abort ({})", format_count(aborting_, "stream")));
    const std::string all = text_ + aborting;
    return all.empty() ? summary_line("requesters", "none has a stream table entry") : all;
  }

 private:
  void add(RequesterId requester) {
    iommu::TranslationRequest request;
    request.requester = requester;
    request.size = 1;
    capture_.unit->decide(request, fetches_);
    const iommu::Fetch* fetch = fetched(fetches_, "STE");
    if (fetch == nullptr) return;
    const StreamTableEntry entry{fetch->value};
    if (!entry.get<StreamTableEntry::V>()) return;
    if (aborts_all(entry)) {
      ++aborting_;
      return;
    }
    const bool translates = has_stage_1(entry) || has_stage_2(entry);
    text_ += summary_line(to_string(requester),
                          translates ? fmt::format("{}, {}", translation_text(entry, fetched(fetches_, "CD")),
                                                   mapped_text(capture_.unit->input_space(requester)))
                                     : "bypass");
  }

  const Capture& capture_;
  iommu::FetchLog fetches_;
  std::string text_;
  std::uint64_t aborting_ = 0;
};

}  // namespace

std::string summary_of_smmuv3(const Capture& capture, const std::string& name) {
  const auto& unit = dynamic_cast<const smmuv3::Unit&>(*capture.unit);
  const smmuv3::UnitConfig& config = unit.config();
  std::string text = fmt::format("{}: SMMUv3 at {:#x}\n", name, config.register_base.value());
  text += summary_line("addresses", fmt::format("{}, {} bits of output, granules of {}", stages_text(config),
                                                config.output_address_bits, granules_text(config)));
  if (!capture.unsupported.empty()) text += summary_line("not modelled", unsupported_of(capture));
  text += summary_line("memory", memory_text(*capture.memory));
  if (!smmuv3::Control0{unit.read_register(cr0_offset, 4)}.get<smmuv3::Control0::SMMUEN>())
    return text + summary_line("translation", "off");
  return text + summary_line("translation", stream_table_text(unit)) + Streams{capture}.text();
}

}  // namespace iommusim::app
