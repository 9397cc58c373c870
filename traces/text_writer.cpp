// SPDX-License-Identifier: Apache-2.0
#include "traces/text_writer.h"

#include "base/input_error.h"
#include "traces/line_source.h"
#include "traces/settings.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>

namespace iommusim::traces {
namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;

constexpr std::array<Unit, 5> time_units{
    {{"s", 1'000'000'000'000}, {"ms", 1'000'000'000}, {"us", 1'000'000}, {"ns", 1'000}, {"ps", 1}}};
constexpr std::array<Unit, 5> size_units{{{"TiB", std::uint64_t{1} << 40},
                                          {"GiB", std::uint64_t{1} << 30},
                                          {"MiB", std::uint64_t{1} << 20},
                                          {"KiB", std::uint64_t{1} << 10},
                                          {"", 1}}};

/// Builds one line; operator() of each action adds its words.
class LineBuilder {
 public:
  explicit LineBuilder(std::string& line) : line_{line} {}

  void begin(Duration time, bool relative, std::string_view device) {
    line_.clear();
    if (relative) line_.push_back('+');
    with_unit(time.picoseconds(), time_units, time.picoseconds() == 0 ? "ns" : "");
    word(device);
  }

  void operator()(const Dma& dma) {
    word(to_string(dma.operation));
    place(dma.bar, dma.address.value());
    size(dma.size);
    if (!dma.data.empty()) data(dma.data);
    if (dma.address_type == AddressType::translated) word("translated");
    if (dma.pasid) append(" pasid={:#x}", dma.pasid->value());
    if (dma.alias) append(" alias={:02x}.{}", *dma.alias >> 3, *dma.alias & 7);
    if (dma.relaxed_ordering) word("relaxed-ordering");
    if (dma.id_based_ordering) word("id-ordering");
    if (dma.traffic_class) append(" traffic-class={}", *dma.traffic_class);
    if (dma.firmware) word("firmware");
    poisoned(dma.poisoned);
  }
  void operator()(const Msi& msi) {
    append(" msi {}", msi.vector);
    poisoned(msi.poisoned);
  }
  void operator()(const RawWrite& write) {
    word("raw-write");
    place(write.bar, write.address.value());
    append(" {:#x}", write.value);
    poisoned(write.poisoned);
  }
  void operator()(const Map& map) {
    pages("map", map.iova, map.size);
    if (map.buffer.empty()) {
      address(map.physical_or_offset);
    } else {
      word(map.buffer);
      if (map.physical_or_offset != 0) append("+{:#x}", map.physical_or_offset);
    }
    word(map.read && map.write ? "rw" : map.read ? "r" : "w");
  }
  void operator()(const Unmap& unmap) {
    pages("unmap", unmap.iova, unmap.size);
    if (unmap.invalidate == software::Invalidate::no) word("no-invalidate");
    if (unmap.invalidate == software::Invalidate::unit_only) word("no-device-invalidate");
  }
  void operator()(const Invalidate& invalidate) { pages("invalidate", invalidate.iova, invalidate.size); }
  void operator()(const ProgramEntry& entry) {
    append(" irte {}", entry.index);
    address(entry.low);
    address(entry.high);
    if (!entry.invalidate) word("no-invalidate");
  }
  void operator()(const Configure& configure) {
    word("set");
    word(configure.setting);
    const Setting* setting = find_setting(configure.setting);
    if (setting != nullptr && setting->kind == SettingKind::bar)
      address(configure.value);
    else
      word(configure.value != 0 ? "on" : "off");
  }
  void operator()(const CpuAccess& access) {
    word(to_string(access.operation));
    place(access.bar, access.address.value());
    append(" {}", access.size);
    if (access.operation == Operation::write) append(" {:#x}", access.value);
  }
  void operator()(const Wait&) { word("wait"); }

 private:
  template <class... Arguments>
  void append(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(line_), format, std::forward<Arguments>(arguments)...);
  }
  void word(std::string_view text) {
    line_.push_back(' ');
    line_.append(text);
  }
  void poisoned(bool is_poisoned) {
    if (is_poisoned) word("poisoned");
  }
  /// The largest unit that keeps the value whole.
  void with_unit(std::uint64_t value, const std::array<Unit, 5>& units, std::string_view unit_of_zero) {
    if (value == 0) return append("0{}", unit_of_zero);
    for (const auto& [unit, factor] : units)
      if (value % factor == 0) return append("{}{}", value / factor, unit);
  }
  void size(std::uint64_t bytes) {
    line_.push_back(' ');
    with_unit(bytes, size_units, "");
  }
  /// Hexadecimal in groups of four digits, as people compare them.
  void address(std::uint64_t value) {
    line_.append(" 0x");
    unsigned shift = 0;
    while (shift < 48 && (value >> shift) > 0xFFFF)
      shift += 16;
    append("{:x}", value >> shift);
    while (shift > 0) {
      shift -= 16;
      append("_{:04x}", (value >> shift) & 0xFFFF);
    }
  }
  void place(const BarName& bar, std::uint64_t value) {
    if (!bar.given()) return address(value);
    append(" {}.{}", bar.device, bar.index);
    if (value != 0) append("+{:#x}", value);
  }
  void pages(std::string_view verb, Iova iova, std::uint64_t bytes) {
    word(verb);
    address(iova.value());
    size(bytes);
  }
  void data(const std::vector<std::uint8_t>& bytes) {
    line_.append(" data=");
    for (const std::uint8_t byte : bytes)
      append("{:02x}", byte);
  }

  std::string& line_;
};

void build_line(const TraceOperation& operation, Duration time, bool relative, std::string& line) {
  LineBuilder builder{line};
  builder.begin(time, relative, operation.device);
  std::visit(builder, operation.action);
}

}  // namespace

std::string to_text(const TraceOperation& operation) {
  std::string line;
  build_line(operation, operation.time, false, line);
  return line;
}

void refuse_long_line(const std::string& path, const TraceOperation& operation) {
  throw InputError({path}, fmt::format("an operation of {} does not fit into a line of {}; give it less data",
                                       operation.device, format_size(longest_trace_line)));
}

TextWriter::TextWriter(const std::string& path, TimeForm form, int level)
    : path_{path}, lines_{path, level}, form_{form} {}

void TextWriter::comment(std::string_view text) {
  lines_.write(fmt::format("# {}", text));
}

void TextWriter::write(const TraceOperation& operation) {
  if (form_ == TimeForm::relative) {
    const Duration since{operation.time.picoseconds() - time_.picoseconds()};
    build_line(operation, since, true, line_);
  } else {
    build_line(operation, operation.time, false, line_);
  }
  time_ = operation.time;
  if (line_.size() > longest_trace_line) refuse_long_line(path_, operation);
  lines_.write(line_);
}

}  // namespace iommusim::traces
