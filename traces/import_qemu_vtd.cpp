// SPDX-License-Identifier: Apache-2.0
#include "traces/import_qemu_vtd.h"

#include "base/word.h"
#include "iommu/vtd/interrupt_remapping_entry.h"
#include "traces/dma_history.h"
#include "traces/qemu_log_events.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

namespace iommusim::traces {
namespace {

/// VT-d specification, "second-stage paging entries": the rights in a leaf.
struct SecondStageLeaf : Word<64> {
  using Word::Word;
  struct R : Field<0, 0> {};
  struct W : Field<1, 1> {};
};

using RemappingEntry = vtd::InterruptRemappingEntry;

/// What QEMU gives its I/O APIC.
constexpr RequesterId io_apic{0xFF, 0, 0};

/// The event before a translation: which entry answers it.
struct PageEvent {
  Iova iova;
  SecondStageLeaf leaf;
  std::uint16_t domain = 0;
};

struct InterruptEvent {
  BusAddr address;
  std::uint32_t data = 0;
  /// Of the interrupt remapping table; nullopt: none was looked up.
  std::optional<std::uint32_t> index;
  RemappingEntry entry;
};

class Importer {
 public:
  Importer(const QemuLogOptions& options, const std::function<void(const TraceOperation&)>& sink)
      : options_{options}, history_{options, sink, summary_} {}

  QemuLogSummary run(const std::string& log, const ReadProgress& progress);

 private:
  static const std::array<QemuEventHandler<Importer>, 11> handlers;

  void page(const QemuEvent& event);
  void translate(const QemuEvent& event);
  void invalidate_pages(const QemuEvent& event);
  void invalidate_domain(const QemuEvent& event);
  void invalidate_everything(const QemuEvent& event);
  void interrupt_request(const QemuEvent& event);
  void interrupt_entry(const QemuEvent& event);
  void interrupt_remapped(const QemuEvent& event);
  void interrupt_passed(const QemuEvent& event);
  void remapping_switched(const QemuEvent& event);
  void switch_remapping(bool on);
  void program_entry(RequesterId source, const InterruptEvent& interrupt);

  std::optional<PageEvent> take_page_event(RequesterId device, const Range<Iova>& page);

  const QemuLogOptions& options_;
  QemuLogSummary summary_;
  DmaHistory history_;
  /// By device, since log lines of different devices may interleave.
  std::unordered_map<std::uint16_t, PageEvent> page_events_;
  std::optional<InterruptEvent> interrupt_;
  /// What the trace has software have done so far. It begins with interrupt remapping on.
  bool remaps_ = true;
  std::unordered_map<std::uint32_t, RemappingEntry> entries_;
};

const std::array<QemuEventHandler<Importer>, 11> Importer::handlers{
    {{"vtd_dmar_translate", &Importer::translate},
     {"vtd_iotlb_page_hit", &Importer::page},
     {"vtd_iotlb_page_update", &Importer::page},
     {"vtd_inv_desc_iotlb_pages", &Importer::invalidate_pages},
     {"vtd_inv_desc_iotlb_domain", &Importer::invalidate_domain},
     {"vtd_inv_desc_iotlb_global", &Importer::invalidate_everything},
     {"vtd_ir_remap_msi_req", &Importer::interrupt_request},
     {"vtd_ir_irte_get", &Importer::interrupt_entry},
     {"vtd_ir_remap_type", &Importer::interrupt_remapped},
     {"vtd_ir_remap_msi", &Importer::interrupt_passed},
     {"vtd_ir_enable", &Importer::remapping_switched}}};

QemuLogSummary Importer::run(const std::string& log, const ReadProgress& progress) {
  const QemuEventFamily family{{"vtd_"}, "an event of QEMU's VT-d unit (vtd_…)"};
  for_each_qemu_event(log, family, summary_, progress, [this](const QemuEvent& event) {
    if (!handle(*this, handlers, event)) ++summary_.ignored;
  });
  return summary_;
}

void Importer::page(const QemuEvent& event) {
  const auto sid = static_cast<std::uint16_t>(event.hexadecimal("sid"));
  const SecondStageLeaf leaf{event.hexadecimal("slpte")};
  if (leaf.get<SecondStageLeaf::R>() == 0 && leaf.get<SecondStageLeaf::W>() == 0)
    event.fail("slpte", "an entry that can be read or written");
  page_events_[sid] = {Iova{event.hexadecimal("iova")}, leaf, static_cast<std::uint16_t>(event.hexadecimal("domain"))};
}

std::optional<PageEvent> Importer::take_page_event(RequesterId device, const Range<Iova>& page) {
  const auto found = page_events_.find(device.raw());
  if (found == page_events_.end() || !page.contains(found->second.iova)) return std::nullopt;
  const PageEvent event = found->second;
  page_events_.erase(found);
  return event;
}

void Importer::translate(const QemuEvent& event) {
  ++summary_.translations;
  const RequesterId device = event.requester("dev");
  const std::uint64_t mask = event.hexadecimal("mask");
  if (mask < page_4k - 1 || !is_power_of_two(mask + 1)) event.fail("mask", "a page size minus one");
  const Iova first{event.hexadecimal("iova") & ~mask};
  const PhysAddr physical{event.hexadecimal("gpa") & ~mask};
  const auto page_event = take_page_event(device, {first, first + mask});
  if (!page_event) {
    ++summary_.passed_through;
    return history_.dma(device, Operation::read, first);
  }
  MappedPage wanted;
  wanted.size = mask + 1;
  wanted.physical = physical;
  wanted.read = page_event->leaf.get<SecondStageLeaf::R>() != 0;
  wanted.write = page_event->leaf.get<SecondStageLeaf::W>() != 0;
  wanted.device = device;
  history_.use(history_.map(page_event->domain, first, wanted), device, page_event->iova);
}

void Importer::invalidate_pages(const QemuEvent& event) {
  ++summary_.page_invalidations;
  const auto domain = static_cast<std::uint16_t>(event.hexadecimal("domain"));
  const std::uint64_t exponent = std::min<std::uint64_t>(event.hexadecimal("mask"), 51);
  const std::uint64_t size = page_4k << exponent;
  const Iova first = Iova{event.hexadecimal("addr")}.aligned_down(size);
  history_.unmap(domain, {first, first + (size - 1)});
}

void Importer::invalidate_domain(const QemuEvent& event) {
  ++summary_.wide_invalidations;
  const auto domain = static_cast<std::uint16_t>(event.hexadecimal("domain"));
  history_.unmap(domain, Range<Iova>::everything());
}

void Importer::invalidate_everything(const QemuEvent&) {
  ++summary_.wide_invalidations;
  history_.unmap_everywhere(Range<Iova>::everything());
}

void Importer::interrupt_request(const QemuEvent& event) {
  interrupt_ = InterruptEvent{
      BusAddr{event.hexadecimal("addr")}, static_cast<std::uint32_t>(event.hexadecimal("data")), std::nullopt, {}};
}

/// QEMU prints the entry's bits 127:64 as "low" and 63:0 as "high".
void Importer::interrupt_entry(const QemuEvent& event) {
  if (!interrupt_) return;
  interrupt_->index = static_cast<std::uint32_t>(event.decimal("index"));
  interrupt_->entry = RemappingEntry{{event.hexadecimal("high"), event.hexadecimal("low")}};
}

void Importer::interrupt_remapped(const QemuEvent&) {
  const auto interrupt = std::exchange(interrupt_, std::nullopt);
  ++summary_.interrupts;
  const bool is_known =
      interrupt && interrupt->index && interrupt->entry.get<RemappingEntry::SVT>() == vtd::SourceValidation::source_id;
  if (!is_known) {
    ++summary_.interrupts_without_source;
    return;
  }
  if (!options_.include_interrupts) return;
  const RequesterId source{interrupt->entry.get<RemappingEntry::SID>()};
  switch_remapping(true);
  program_entry(source, *interrupt);
  history_.emit(source, RawWrite{interrupt->address, interrupt->data});
}

/// The event follows every message; those that met an entry are done with. Before any driver runs, only the I/O APIC
/// sends.
void Importer::interrupt_passed(const QemuEvent&) {
  const auto interrupt = std::exchange(interrupt_, std::nullopt);
  if (!interrupt) return;
  ++summary_.interrupts;
  if (!options_.include_interrupts) return;
  switch_remapping(false);
  history_.emit(io_apic, RawWrite{interrupt->address, interrupt->data});
}

void Importer::remapping_switched(const QemuEvent& event) {
  if (options_.include_interrupts) switch_remapping(event.ends_with("1"));
}

void Importer::switch_remapping(bool on) {
  if (on == remaps_) return;
  remaps_ = on;
  history_.emit(io_apic, Configure{"interrupt-remapping", on ? 1U : 0U});
}

/// Software writes an entry before a device uses it first, and when it is found changed.
void Importer::program_entry(RequesterId source, const InterruptEvent& interrupt) {
  const auto [known, is_new] = entries_.emplace(*interrupt.index, interrupt.entry);
  if (!is_new && known->second == interrupt.entry) return;
  known->second = interrupt.entry;
  history_.emit(source, ProgramEntry{*interrupt.index, interrupt.entry.word(0), interrupt.entry.word(1), true});
}

}  // namespace

QemuLogSummary import_qemu_vtd(const std::string& log, const QemuLogOptions& options,
                               const std::function<void(const TraceOperation&)>& sink, const ReadProgress& progress) {
  return Importer{options, sink}.run(log, progress);
}

}  // namespace iommusim::traces
