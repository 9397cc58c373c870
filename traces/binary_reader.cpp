// SPDX-License-Identifier: Apache-2.0
#include "traces/binary_reader.h"

#include "base/endian.h"
#include "traces/dma_rules.h"
#include "traces/line_source.h"
#include "traces/parse_action.h"
#include "traces/source_position.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace iommusim::traces {

using binary_form::Head;
using binary_form::RecordKind;

namespace {

constexpr std::size_t longest_record = binary_form::head_bytes + longest_trace_line;
constexpr std::size_t buffer_bytes = 2 * longest_record;
/// The device field has 16 bits.
constexpr std::size_t most_names = std::size_t{1} << 16;

}  // namespace

BinaryReader::BinaryReader(InputFile file) : file_{std::move(file)}, parser_{file_.path()}, buffer_(buffer_bytes) {}

void BinaryReader::fail(const std::string& message) const {
  throw InputError(source_position(path(), number_, 0), message);
}

/// `bytes` are there; false: the file has ended. They are no more than the longest record.
bool BinaryReader::need(std::size_t bytes) {
  if (end_ - begin_ >= bytes) return true;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  while (end_ < bytes) {
    const std::size_t part = file_.read(buffer_.data() + end_, buffer_.size() - end_);
    if (part == 0) return false;
    end_ += part;
  }
  return true;
}

bool BinaryReader::next(TraceOperation& operation) {
  ++number_;
  while (need(binary_form::head_bytes)) {
    const Head head{load_le<std::uint32_t>(buffer_.data() + begin_)};
    switch (head.get<Head::Kind>()) {
      case RecordKind::dma: take_dma(head, operation); return true;
      case RecordKind::name: take_name(head); continue;
      case RecordKind::line:
        if (parser_.parse(take_text(head), number_, operation)) return true;
        continue;
    }
    fail(fmt::format("found a record of kind {}, expected 1 (DMA), 2 (name) or 3 (line)",
                     static_cast<unsigned>(head.get<Head::Kind>())));
  }
  if (end_ != begin_) fail("the file ends in the middle of a record");
  return false;
}

void BinaryReader::take_dma(Head head, TraceOperation& operation) {
  if (!need(binary_form::dma_bytes)) fail("the file ends in the middle of a record");
  const char* const record = buffer_.data() + begin_;
  begin_ += binary_form::dma_bytes;
  const std::size_t device = head.get<Head::Device>();
  if (device >= names_.size())
    fail(fmt::format("found device number {}, expected one below {}, the number of names", device, names_.size()));
  if (head.get<Head::Op>() > static_cast<std::uint8_t>(Operation::atomic) || head.get<Head::Zero>() != 0)
    fail("found bits that mean nothing, expected zeros");
  const Duration time = parser_.time() + Duration{load_le<std::uint64_t>(record + binary_form::step_at)};
  if (time < parser_.time()) fail("the time passes 2^64 ps, which is about 213 days");
  parser_.go_on_to(time);
  operation.time = time;
  if (operation.device != names_[device]) operation.device = names_[device];
  operation.line = number_;
  operation.column = 0;
  Dma& dma = renewed_dma(operation.action);
  dma.operation = static_cast<Operation>(head.get<Head::Op>());
  dma.address = BusAddr{load_le<std::uint64_t>(record + binary_form::address_at)};
  dma.size = load_le<std::uint32_t>(record + binary_form::size_at);
  if (head.get<Head::Translated>()) dma.address_type = AddressType::translated;
  dma.relaxed_ordering = head.get<Head::RelaxedOrdering>();
  dma.id_based_ordering = head.get<Head::IdOrdering>();
  dma.poisoned = head.get<Head::Poisoned>();
  dma.firmware = head.get<Head::Firmware>();
  if (const auto why = why_impossible(dma)) fail(*why);
}

std::string_view BinaryReader::take_text(Head head) {
  const std::size_t length = head.get<Head::Length>();
  if (length > longest_trace_line)
    fail(fmt::format("found a record of {} bytes, expected at most {}", length, longest_trace_line));
  if (!need(binary_form::head_bytes + length)) fail("the file ends in the middle of a record");
  const char* const text = buffer_.data() + begin_ + binary_form::head_bytes;
  begin_ += binary_form::head_bytes + length;
  return {text, length};
}

void BinaryReader::take_name(Head head) {
  const std::string_view name = take_text(head);
  if (!is_name(name) || name == cpu_device) fail(fmt::format("found \"{}\", expected the name of a device", name));
  if (names_.size() == most_names) fail(fmt::format("more than {} names of devices", most_names));
  names_.emplace_back(name);
}

SourcePosition BinaryReader::position_of(const TraceOperation& operation) const {
  return source_position(path(), operation.line, operation.column);
}

}  // namespace iommusim::traces
