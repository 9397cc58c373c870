// SPDX-License-Identifier: Apache-2.0
#include "traces/import_qemu_smmuv3.h"

#include "traces/dma_history.h"
#include "traces/qemu_log_events.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace iommusim::traces {
namespace {

// The rights in `perm`.
constexpr std::uint64_t may_read = 1;
constexpr std::uint64_t may_write = 2;
constexpr std::uint64_t every_right = may_read | may_write;

constexpr unsigned last_level = 3;

/// log2 of the granule that TG stands for in commands and TLB entries (SMMUv3 architecture, 4.4); 0: none is told.
unsigned granule_bits(const QemuEvent& event) {
  const std::uint64_t code = event.decimal("tg");
  if (code > 3) event.fail("tg", "0 to 3");
  return code == 0 ? 0 : 10 + 2 * static_cast<unsigned>(code);
}

/// A leaf at `level` maps so many bytes: each level resolves three bits less than the granule has.
std::uint64_t page_size(const QemuEvent& event) {
  const unsigned granule = granule_bits(event);
  const std::uint64_t level = event.decimal("level");
  if (granule == 0) event.fail("tg", "1 to 3");
  if (level > last_level) event.fail("level", "0 to 3");
  return std::uint64_t{1} << (granule + (last_level - level) * (granule - 3));
}

RequesterId stream_of(const QemuEvent& event, std::string_view key = "sid") {
  const std::uint64_t stream = event.hexadecimal(key);
  if (stream > 0xFFFF) event.fail(key, "at most 0xffff");
  return RequesterId{static_cast<std::uint16_t>(stream)};
}

std::uint16_t asid_of(const QemuEvent& event) {
  const std::uint64_t asid = event.decimal("asid");
  if (asid > 0xFFFF) event.fail("asid", "at most 65535");
  return static_cast<std::uint16_t>(asid);
}

/// What the TLB was asked before a translation.
struct Lookup {
  std::uint16_t asid = 0;
  /// Of the entry that a walk made; 0: it was there already.
  std::uint64_t page_size = 0;
};

/// A translation whose purpose the next event tells.
struct Use {
  RequesterId device;
  std::uint16_t asid = 0;
  Iova iova;
  /// What it found, and where its page begins.
  MappedPage page;
  Iova page_iova;
};

class Importer {
 public:
  Importer(const QemuLogOptions& options, const std::function<void(const TraceOperation&)>& sink)
      : options_{options}, history_{options, sink, summary_} {}

  QemuLogSummary run(const std::string& log, const ReadProgress& progress);

 private:
  static const std::array<QemuEventHandler<Importer>, 10> handlers;

  void look_up(const QemuEvent& event);
  void insert(const QemuEvent& event);
  void translate(const QemuEvent& event);
  void pass_through(const QemuEvent& event);
  void interrupt(const QemuEvent& event);
  void include(RequesterId device, const Use& use, std::uint32_t event_id);
  void invalidate_pages(const QemuEvent& event);
  void invalidate_space(const QemuEvent& event);
  void invalidate_everything(const QemuEvent& event);

  Lookup take_lookup(const QemuEvent& event, Iova iova);
  Use use_of(const QemuEvent& event, const Lookup& lookup);
  void finish_use();

  const QemuLogOptions& options_;
  QemuLogSummary summary_;
  DmaHistory history_;
  /// By first address of the granule, since log lines of different devices may interleave.
  std::unordered_map<std::uint64_t, Lookup> lookups_;
  std::uint64_t last_lookup_ = 0;
  std::optional<Use> use_;
};

const std::array<QemuEventHandler<Importer>, 10> Importer::handlers{
    {{"smmu_iotlb_lookup_hit", &Importer::look_up},
     {"smmu_iotlb_lookup_miss", &Importer::look_up},
     {"smmu_iotlb_insert", &Importer::insert},
     {"smmuv3_translate_success", &Importer::translate},
     {"smmuv3_translate_disable", &Importer::pass_through},
     {"smmuv3_translate_bypass", &Importer::pass_through},
     {"gicv3_its_translation_write", &Importer::interrupt},
     {"smmuv3_s1_range_inval", &Importer::invalidate_pages},
     {"smmuv3_cmdq_tlbi_nh_asid", &Importer::invalidate_space},
     {"smmuv3_cmdq_tlbi_nh", &Importer::invalidate_everything}}};

QemuLogSummary Importer::run(const std::string& log, const ReadProgress& progress) {
  const QemuEventFamily family{{"smmu_", "smmuv3_", "gicv3_its_"},
                               "an event of QEMU's SMMUv3 or ITS (smmu_…, smmuv3_…, gicv3_its_…)"};
  for_each_qemu_event(log, family, summary_, progress, [this](const QemuEvent& event) {
    if (!handle(*this, handlers, event)) ++summary_.ignored;
  });
  finish_use();
  return summary_;
}

void Importer::look_up(const QemuEvent& event) {
  last_lookup_ = event.hexadecimal("addr");
  lookups_[last_lookup_] = {asid_of(event), 0};
}

/// The entry is that of the lookup before, which missed: QEMU does both under one lock.
void Importer::insert(const QemuEvent& event) {
  const auto lookup = lookups_.find(last_lookup_);
  if (lookup != lookups_.end()) lookup->second.page_size = page_size(event);
}

Lookup Importer::take_lookup(const QemuEvent& event, Iova iova) {
  constexpr std::array<std::uint64_t, 3> granules{page_4k, 4 * page_4k, 16 * page_4k};
  for (const std::uint64_t granule : granules) {
    const auto found = lookups_.find(iova.aligned_down(granule).value());
    if (found == lookups_.end()) continue;
    const Lookup lookup = found->second;
    lookups_.erase(found);
    return lookup;
  }
  event.fail("iova", "an address whose page was looked up before");
}

Use Importer::use_of(const QemuEvent& event, const Lookup& lookup) {
  const std::uint64_t rights = event.hexadecimal("perm");
  if (rights == 0 || rights > every_right) event.fail("perm", "0x1, 0x2 or 0x3");
  Use use;
  use.device = stream_of(event);
  use.asid = lookup.asid;
  use.iova = Iova{event.hexadecimal("iova")};
  use.page.device = use.device;
  use.page.read = (rights & may_read) != 0;
  use.page.write = (rights & may_write) != 0;
  // A hit does not tell the size of its page: it is the one that was mapped, or one that had been before an
  // invalidation and is taken for the smallest.
  const MappedPage* known = history_.find(use.asid, use.iova);
  use.page.size = lookup.page_size != 0 ? lookup.page_size : known != nullptr ? known->size : page_4k;
  use.page_iova = use.iova.aligned_down(use.page.size);
  use.page.physical = PhysAddr{event.hexadecimal("translated")}.aligned_down(use.page.size);
  return use;
}

void Importer::translate(const QemuEvent& event) {
  finish_use();
  ++summary_.translations;
  use_ = use_of(event, take_lookup(event, Iova{event.hexadecimal("iova")}));
}

/// What was translated last, and was no interrupt message, is a DMA.
void Importer::finish_use() {
  const auto use = std::exchange(use_, std::nullopt);
  if (use) history_.use(history_.map(use->asid, use->page_iova, use->page), use->device, use->iova);
}

void Importer::pass_through(const QemuEvent& event) {
  finish_use();
  ++summary_.translations;
  ++summary_.passed_through;
  const bool writes = event.decimal("is_write") != 0;
  history_.dma(stream_of(event), writes ? Operation::write : Operation::read, Iova{event.hexadecimal("iova")});
}

/// A message arrives at the ITS right after its address was translated. Its DeviceID is the requester ID.
void Importer::interrupt(const QemuEvent& event) {
  ++summary_.interrupts;
  const RequesterId device = stream_of(event, "requester_id");
  const auto data = static_cast<std::uint32_t>(event.hexadecimal("data"));
  if (!use_ || use_->device != device) {
    ++summary_.interrupts_without_source;
    return;
  }
  const Use use = *std::exchange(use_, std::nullopt);
  if (options_.include_interrupts) include(device, use, data);
}

/// The events of a device are numbered as its vectors.
void Importer::include(RequesterId device, const Use& use, std::uint32_t event_id) {
  if (options_.vectors.empty()) {
    history_.map(use.asid, use.page_iova, use.page);
    history_.emit(device, RawWrite{BusAddr{use.iova.value()}, event_id});
    return;
  }
  const auto vectors = options_.vectors.find(device);
  if (vectors != options_.vectors.end() && vectors->second.count(event_id) != 0)
    history_.emit(device, Msi{event_id});
  else
    ++summary_.interrupts_without_vector;
}

/// Of one address space, or (CMD_TLBI_NH_VAA) of every one, which QEMU calls -1. Without TG it is one page.
void Importer::invalidate_pages(const QemuEvent& event) {
  finish_use();
  ++summary_.page_invalidations;
  const unsigned granule = std::max(granule_bits(event), 12u);
  const std::uint64_t most = ~std::uint64_t{0} >> granule;
  const std::uint64_t pages = std::clamp<std::uint64_t>(event.hexadecimal("num_pages"), 1, most);
  const Iova first = Iova{event.hexadecimal("addr")}.aligned_down(std::uint64_t{1} << granule);
  const std::uint64_t room = ~std::uint64_t{0} - first.value();
  const Range<Iova> range{first, first + std::min((pages << granule) - 1, room)};
  if (event.says("asid", "-1")) return history_.unmap_everywhere(range);
  history_.unmap(asid_of(event), range);
}

void Importer::invalidate_space(const QemuEvent& event) {
  finish_use();
  ++summary_.wide_invalidations;
  history_.unmap(asid_of(event), Range<Iova>::everything());
}

void Importer::invalidate_everything(const QemuEvent&) {
  finish_use();
  ++summary_.wide_invalidations;
  history_.unmap_everywhere(Range<Iova>::everything());
}

}  // namespace

QemuLogSummary import_qemu_smmuv3(const std::string& log, const QemuLogOptions& options,
                                  const std::function<void(const TraceOperation&)>& sink,
                                  const ReadProgress& progress) {
  return Importer{options, sink}.run(log, progress);
}

}  // namespace iommusim::traces
