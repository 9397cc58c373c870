// SPDX-License-Identifier: Apache-2.0
#include "traces/import_qemu_vtd.h"

#include "base/word.h"
#include "traces/line_source.h"
#include "traces/mapped_pages.h"
#include "traces/qemu_event.h"
#include "traces/quoted.h"

#include <fmt/format.h>

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

/// VT-d specification, "interrupt remapping table entry", bits 127:64.
struct IrteHigh : Word<64> {
  using Word::Word;
  struct SVT : Field<19, 18> {};
  struct SID : Field<15, 0> {};
};
constexpr std::uint64_t svt_whole_source_id = 1;

/// The event before a translation: which entry answers it.
struct PageEvent {
  Iova iova;
  SecondStageLeaf leaf;
  std::uint16_t domain = 0;
};

struct InterruptEvent {
  BusAddr address;
  std::uint32_t data = 0;
  std::optional<RequesterId> source;
};

class Importer {
 public:
  Importer(const QemuVtdOptions& options, const std::function<void(const TraceOperation&)>& sink)
      : options_{options}, sink_{sink} {}

  QemuVtdSummary run(const std::string& log, const ReadProgress& progress);

 private:
  using Handler = void (Importer::*)(const QemuEvent&);
  struct NamedHandler {
    std::string_view event;
    Handler handle;
  };
  static const std::array<NamedHandler, 9> handlers;

  void take(const QemuEvent& event);
  void page(const QemuEvent& event);
  void translate(const QemuEvent& event);
  void invalidate_pages(const QemuEvent& event);
  void invalidate_domain(const QemuEvent& event);
  void invalidate_everything(const QemuEvent& event);
  void interrupt_request(const QemuEvent& event);
  void interrupt_entry(const QemuEvent& event);
  void interrupt_type(const QemuEvent& event);

  std::optional<PageEvent> take_page_event(RequesterId device, const Range<Iova>& page);
  MappedPage& map_page(RequesterId device, const PageEvent& event, const MappedPage& page, Iova iova);
  void unmap(const std::vector<UnmappedRun>& runs);
  void dma(RequesterId device, Operation operation, Iova iova);
  void emit(RequesterId device, Action action);
  const std::string& name_of(RequesterId device);

  const QemuVtdOptions& options_;
  const std::function<void(const TraceOperation&)>& sink_;
  QemuVtdSummary summary_;
  TraceOperation operation_;
  std::uint64_t operations_ = 0;
  MappedPages pages_;
  /// By device, since log lines of different devices may interleave.
  std::unordered_map<std::uint16_t, PageEvent> page_events_;
  std::unordered_map<std::uint16_t, std::string> names_;
  std::optional<InterruptEvent> interrupt_;
};

const std::array<Importer::NamedHandler, 9> Importer::handlers{
    {{"vtd_dmar_translate", &Importer::translate},
     {"vtd_iotlb_page_hit", &Importer::page},
     {"vtd_iotlb_page_update", &Importer::page},
     {"vtd_inv_desc_iotlb_pages", &Importer::invalidate_pages},
     {"vtd_inv_desc_iotlb_domain", &Importer::invalidate_domain},
     {"vtd_inv_desc_iotlb_global", &Importer::invalidate_everything},
     {"vtd_ir_remap_msi_req", &Importer::interrupt_request},
     {"vtd_ir_irte_get", &Importer::interrupt_entry},
     {"vtd_ir_remap_type", &Importer::interrupt_type}}};

QemuVtdSummary Importer::run(const std::string& log, const ReadProgress& progress) {
  LineSource lines{log};
  std::string_view line;
  while (lines.next(line)) {
    if (line.empty()) continue;
    ++summary_.lines;
    if (line.substr(0, 4) != "vtd_")
      throw InputError(lines.position(1), fmt::format("found {}, expected an event of QEMU's VT-d unit (vtd_…)",
                                                      quoted(line.substr(0, line.find(' ')))));
    take(QemuEvent{line, lines});
    if (progress) progress(summary_.lines, lines.file());
  }
  return summary_;
}

void Importer::take(const QemuEvent& event) {
  for (const NamedHandler& handler : handlers)
    if (handler.event == event.name()) return (this->*handler.handle)(event);
  ++summary_.ignored;
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
    return dma(device, Operation::read, first);
  }
  MappedPage wanted;
  wanted.size = mask + 1;
  wanted.physical = physical;
  wanted.read = page_event->leaf.get<SecondStageLeaf::R>() != 0;
  wanted.write = page_event->leaf.get<SecondStageLeaf::W>() != 0;
  wanted.device = device;
  MappedPage& page = map_page(device, *page_event, wanted, first);
  const bool writes = page.write && (!page.read || page.uses % 2 == 1);
  ++page.uses;
  dma(device, writes ? Operation::write : Operation::read, page_event->iova);
}

/// Software maps a page before a device uses it first.
MappedPage& Importer::map_page(RequesterId device, const PageEvent& event, const MappedPage& page, Iova iova) {
  if (MappedPage* known = pages_.find(event.domain, iova)) {
    if (known->physical == page.physical && known->size == page.size && known->read == page.read &&
        known->write == page.write)
      return *known;
    ++summary_.remaps;
    unmap(pages_.remove(event.domain, {iova, iova + (page.size - 1)}));
  }
  ++summary_.maps;
  emit(device, Map{iova, page.size, {}, page.physical.value(), page.read, page.write});
  return pages_.add(event.domain, iova, page);
}

void Importer::dma(RequesterId device, Operation operation, Iova iova) {
  constexpr std::uint64_t longest = 64;
  const std::uint64_t alignment = iova.value() & (~iova.value() + 1);
  Dma dma;
  dma.operation = operation;
  dma.address = BusAddr{iova.value()};
  dma.size = alignment == 0 ? longest : std::min(alignment, longest);
  emit(device, dma);
}

void Importer::unmap(const std::vector<UnmappedRun>& runs) {
  for (const UnmappedRun& run : runs) {
    ++summary_.unmaps;
    emit(run.device, Unmap{run.iova, run.size});
  }
}

void Importer::invalidate_pages(const QemuEvent& event) {
  ++summary_.page_invalidations;
  const auto domain = static_cast<std::uint16_t>(event.hexadecimal("domain"));
  const std::uint64_t exponent = std::min<std::uint64_t>(event.hexadecimal("mask"), 51);
  const std::uint64_t size = page_4k << exponent;
  const Iova first = Iova{event.hexadecimal("addr")}.aligned_down(size);
  unmap(pages_.remove(domain, {first, first + (size - 1)}));
}

void Importer::invalidate_domain(const QemuEvent& event) {
  ++summary_.wide_invalidations;
  const auto domain = static_cast<std::uint16_t>(event.hexadecimal("domain"));
  unmap(pages_.remove(domain, Range<Iova>::everything()));
}

void Importer::invalidate_everything(const QemuEvent&) {
  ++summary_.wide_invalidations;
  unmap(pages_.remove_all());
}

void Importer::interrupt_request(const QemuEvent& event) {
  interrupt_ = InterruptEvent{BusAddr{event.hexadecimal("addr")}, static_cast<std::uint32_t>(event.hexadecimal("data")),
                              std::nullopt};
}

/// QEMU prints the entry's bits 127:64 as "low" and 63:0 as "high".
void Importer::interrupt_entry(const QemuEvent& event) {
  const IrteHigh entry{event.hexadecimal("low")};
  if (interrupt_ && entry.get<IrteHigh::SVT>() == svt_whole_source_id)
    interrupt_->source = RequesterId{static_cast<std::uint16_t>(entry.get<IrteHigh::SID>())};
}

void Importer::interrupt_type(const QemuEvent& event) {
  const auto interrupt = std::exchange(interrupt_, std::nullopt);
  if (!event.ends_with("MSI")) {
    ++summary_.ignored;
    return;
  }
  ++summary_.interrupts;
  if (!interrupt || !interrupt->source) {
    ++summary_.interrupts_without_source;
    return;
  }
  if (options_.include_interrupts) emit(*interrupt->source, RawWrite{interrupt->address, interrupt->data});
}

void Importer::emit(RequesterId device, Action action) {
  operation_.time = options_.step * operations_++;
  operation_.device = name_of(device);
  operation_.action = std::move(action);
  sink_(operation_);
}

const std::string& Importer::name_of(RequesterId device) {
  const auto known = names_.find(device.raw());
  if (known != names_.end()) return known->second;
  const auto given = options_.names.find(device);
  return names_.emplace(device.raw(), given != options_.names.end() ? given->second : to_string(device)).first->second;
}

}  // namespace

QemuVtdSummary import_qemu_vtd(const std::string& log, const QemuVtdOptions& options,
                               const std::function<void(const TraceOperation&)>& sink, const ReadProgress& progress) {
  return Importer{options, sink}.run(log, progress);
}

}  // namespace iommusim::traces
