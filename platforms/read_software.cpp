// SPDX-License-Identifier: Apache-2.0
#include "platforms/readers.h"
#include "platforms/spelling.h"

namespace iommusim::platforms {
namespace {

std::size_t find_buffer(const Value& value, const std::vector<BufferDescription>& buffers) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].name == value.text()) return i;
    names.emplace_back(buffers[i].name);
  }
  value.reject(names.empty() ? "a buffer of software.buffers (there are none)"
                             : "a buffer: " + suggest_word(value.text(), names));
}

void require_page(const Value& at, std::uint64_t number) {
  if (number % page_4k != 0) at.fail(format_hex(number), "a multiple of 4 KiB");
}

/// Where the BAR is turns out when firmware has placed it (platforms/bar_mappings.h).
void map_bar(const Map& map, const Value& bar, MappingDescription& mapping) {
  if (const auto physical = map.optional("physical")) physical->reject("either bar or physical");
  const std::string text = bar.text();
  const std::size_t dot = text.rfind('.');
  const auto index = dot == std::string::npos ? std::nullopt : parse_unsigned(text.substr(dot + 1));
  if (!index || *index > 5) bar.reject("device.BAR, as in gpu0.2");
  mapping.bar = BarReference{text.substr(0, dot), static_cast<unsigned>(*index)};
  if (const auto offset = map.optional("offset")) {
    mapping.bar->offset = offset->address();
    require_page(*offset, mapping.bar->offset);
  }
  if (const auto size = map.optional("size")) mapping.size = size->size();
}

/// Gives where in the buffer the mapping begins and, without a size, all of the rest.
void map_buffer(const Map& map, const BufferDescription& buffer, MappingDescription& mapping) {
  const auto offset_value = map.optional("offset");
  const std::uint64_t offset = offset_value ? offset_value->address() : 0;
  const std::uint64_t bytes = buffer.range.size();
  if (offset >= bytes) offset_value->reject("an offset inside the buffer of " + format_size(bytes));
  mapping.physical = buffer.range.first + offset;
  const auto size = map.optional("size");
  mapping.size = size ? size->size() : bytes - offset;
  if (mapping.size > bytes - offset)
    size->reject("at most the " + format_size(bytes - offset) + " that the buffer has from there");
}

void map_physical(const Map& map, MappingDescription& mapping) {
  const Value physical = map.required("physical", "a buffer, a BAR or a physical address");
  mapping.physical = PhysAddr{physical.address()};
  if (const auto offset = map.optional("offset")) offset->reject("no offset beside physical");
  const Value size = map.required("size", "a size");
  mapping.size = size.size();
  if (!Range<PhysAddr>::from_size(mapping.physical, mapping.size)) size.reject("a range that ends at or below 2^64");
}

Permissions read_access(const Map& map) {
  const auto access = map.optional("access");
  if (!access) return {};
  const int choice = access->choice<int>({{"read-write", 0}, {"read", 1}, {"write", 2}});
  return {choice != 2, choice != 1};
}

MappingDescription read_mapping(const Value& value, const std::vector<BufferDescription>& buffers) {
  const Map map{value, {"iova", "buffer", "bar", "offset", "physical", "size", "access", "on_demand"}};
  MappingDescription mapping;
  mapping.position = value.node().position;
  const Value iova = map.required("iova", "an address");
  mapping.iova = Iova{iova.address()};
  if (const auto buffer = map.optional("buffer")) {
    for (const std::string_view other : {"physical", "bar"})
      if (const auto value_of = map.optional(other)) value_of->reject("either buffer or " + std::string{other});
    mapping.buffer = find_buffer(*buffer, buffers);
    map_buffer(map, buffers[*mapping.buffer], mapping);
  } else if (const auto bar = map.optional("bar")) {
    map_bar(map, *bar, mapping);
  } else {
    map_physical(map, mapping);
  }
  mapping.permissions = read_access(map);
  mapping.on_demand = map.boolean("on_demand", false);
  require_page(iova, mapping.iova.value());
  require_page(map.optional("physical").value_or(map.optional("offset").value_or(value)), mapping.physical.value());
  require_page(map.optional("size").value_or(value), mapping.size);
  return mapping;
}

/// Four pages: a quarter is the guest's for its tables.
Range<PhysAddr> read_guest_memory(const Value& value) {
  const Map map{value, {"base", "size"}};
  const auto memory = read_range<PhysAddr>(map);
  require_page(map.required("base", ""), memory.first.value());
  const Value size = map.required("size", "");
  require_page(size, memory.size());
  if (memory.size() < 4 * page_4k) size.reject("at least 16 KiB");
  return memory;
}

void read_stage(const Map& map, DomainDescription& domain) {
  enum class Tables : std::uint8_t { first, second, nested };
  auto tables = Tables::second;
  if (const auto stage = map.optional("stage")) {
    tables = stage->choice<Tables>({{"first", Tables::first}, {"second", Tables::second}, {"nested", Tables::nested}});
    domain.stage = tables == Tables::second ? software::Stage::second : software::Stage::first;
    domain.stage_is_given = true;
  }
  if (tables == Tables::nested)
    domain.guest_memory = read_guest_memory(map.required("guest_memory", "the memory of the guest"));
  else if (const auto memory = map.optional("guest_memory"))
    memory->reject("it beside stage: nested");
}

/// Of a user's domain, whose second stage is its own: the kernel's keep it always, and in a guest's tables nobody can.
void read_reserved_memory(const Map& map, DomainDescription& domain) {
  const auto value = map.optional("reserved_memory");
  if (!value) return;
  if (domain.type != DomainType::unmanaged || domain.guest_memory)
    value->reject("it in a domain of type unmanaged that is not nested");
  domain.reserved_memory =
      value->choice<ReservedMemory>({{"ignored", ReservedMemory::ignored}, {"kept", ReservedMemory::kept}});
}

/// Other domains have no choice: a user's has its doorbells in the window, and the rest has no tables.
void read_doorbell_iova(const Map& map, DomainDescription& domain) {
  const auto value = map.optional("doorbell_iova");
  if (!value) return;
  if (domain.type != DomainType::dma) value->reject("it in a domain of type dma");
  domain.doorbell_iova = Iova{value->address()};
  require_page(*value, domain.doorbell_iova->value());
}

}  // namespace

BufferDescription read_buffer(const Value& value) {
  const Map map{value, {"name", "base", "size"}};
  return {map.required("name", "a name").name(), read_range<PhysAddr>(map)};
}

DomainDescription read_domain(const Value& value, const std::vector<BufferDescription>& buffers) {
  const Map map{
      value,
      {"name", "type", "levels", "stage", "guest_memory", "reserved_memory", "doorbell_iova", "devices", "mappings"}};
  DomainDescription domain;
  domain.name = map.required("name", "a name").name();
  domain.type = map.required("type", "identity, dma, unmanaged or blocked")
                    .choice<DomainType>({{"identity", DomainType::identity},
                                         {"dma", DomainType::dma},
                                         {"unmanaged", DomainType::unmanaged},
                                         {"blocked", DomainType::blocked}});
  domain.levels = map.number("levels", 0, {3, 5});
  read_stage(map, domain);
  read_reserved_memory(map, domain);
  read_doorbell_iova(map, domain);
  for (const Value& device : map.items("devices"))
    domain.devices.push_back(device.name());
  for (const Value& mapping : map.items("mappings"))
    domain.mappings.push_back(read_mapping(mapping, buffers));
  return domain;
}

InterruptDescription read_interrupt(const Value& value) {
  const Map map{value, {"device", "index", "vector", "apic_id", "processor", "virtual_processor", "urgent"}};
  InterruptDescription interrupt;
  interrupt.device = map.required("device", "the name of a device").name();
  interrupt.index = map.number("index", 0, {0, 2047});
  // Vectors 0 to 15 are illegal in a message (Intel SDM volume 3, 11.5.2).
  interrupt.vector = static_cast<std::uint8_t>(map.number("vector", 0, {16, 255}));
  interrupt.processor = map.number("processor", 0, {0, 255});
  interrupt.apic_id = map.number("apic_id", 0, {0, 0xFFFF'FFFF});
  if (const auto processor = map.optional("virtual_processor")) {
    interrupt.virtual_processor = processor->name();
    if (const auto apic_id = map.optional("apic_id")) apic_id->reject("either virtual_processor or apic_id");
    interrupt.urgent = map.boolean("urgent", false);
  } else if (const auto urgent = map.optional("urgent")) {
    urgent->reject("it beside virtual_processor");
  }
  return interrupt;
}

VirtualProcessorDescription read_virtual_processor(const Value& value) {
  const Map map{value, {"name", "descriptor", "notification", "apic_id", "suppressed", "handler"}};
  VirtualProcessorDescription processor;
  processor.name = map.required("name", "a name").name();
  const Value descriptor = map.required("descriptor", "the address of its posted interrupt descriptor");
  processor.descriptor = PhysAddr{descriptor.address()};
  if (processor.descriptor.offset_in(64) != 0) descriptor.reject("a multiple of 64");
  processor.notification =
      map.required("notification", "the vector of notifications").number_as<std::uint8_t>({16, 255});
  processor.apic_id = map.number("apic_id", 0, {0, 0xFFFF'FFFF});
  processor.suppressed = map.boolean("suppressed", false);
  if (const auto handler = map.optional("handler")) processor.handler = handler->duration();
  return processor;
}

}  // namespace iommusim::platforms
