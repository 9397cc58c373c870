// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/trace-format.md, retyped as lines and what they mean.
#include "traces/text_reader.h"

#include "support/error_text.h"
#include "support/temporary_folder.h"

#include <catch2/catch.hpp>

#include <string>
#include <variant>
#include <vector>

using namespace iommusim;
using namespace iommusim::traces;
using support::TemporaryFolder;

namespace {

std::vector<TraceOperation> read_all(const std::string& path) {
  TextReader reader{path};
  std::vector<TraceOperation> operations;
  TraceOperation operation;
  while (reader.next(operation))
    operations.push_back(operation);
  return operations;
}

std::vector<TraceOperation> parse(const std::string& text) {
  const TemporaryFolder folder;
  return read_all(folder.write("t.trace", text));
}

template <class A>
A parse_one(const std::string& text) {
  const auto operations = parse("0ns " + text);
  REQUIRE(operations.size() == 1);
  return std::get<A>(operations.front().action);
}

/// The message without the folder.
std::string error_of(const std::string& text) {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.trace", text);
  const std::string message = support::error_text([&] { read_all(path); });
  return message.empty() ? message : message.substr(path.size() - std::string{"t.trace"}.size());
}

}  // namespace

TEST_CASE("Times are absolute or relative to the operation before", "[traces]") {
  const auto operations = parse(
      "10ns a msi 0\n"
      "+40ns a msi 0\n"
      "+0ps a msi 0\n"
      "1.5us a msi 0\n"
      "+1s a msi 0\n");
  REQUIRE(operations.size() == 5);
  CHECK(operations[0].time == Duration{10'000});
  CHECK(operations[1].time == Duration{50'000});
  CHECK(operations[2].time == Duration{50'000});
  CHECK(operations[3].time == Duration{1'500'000});
  CHECK(operations[4].time == Duration{1'000'001'500'000});
}

TEST_CASE("Comments, blank lines, tabs, CR LF and a missing last line end are accepted", "[traces]") {
  const auto operations = parse("# head\r\n\r\n  \t\r\n1ns\ta\tmsi   1 # tail\r\n2ns 00:1f.2 msi 2");
  REQUIRE(operations.size() == 2);
  CHECK(operations[0].line == 4);
  CHECK(operations[0].column == 5);
  CHECK(operations[1].device == "00:1f.2");
  CHECK(std::get<Msi>(operations[1].action).vector == 2);
  CHECK(parse("").empty());
  CHECK(parse("# only this").empty());
}

TEST_CASE("DMA has an address, a size, and perhaps data and an address type", "[traces]") {
  const Dma write = parse_one<Dma>("nic0 write 0x38_0000_1000 4 data=00ffA5b7 translated");
  CHECK(write.operation == Operation::write);
  CHECK(write.address == BusAddr{0x38'0000'1000});
  CHECK(write.size == 4);
  CHECK(write.data == std::vector<std::uint8_t>{0x00, 0xFF, 0xA5, 0xB7});
  CHECK(write.address_type == AddressType::translated);
  const Dma read = parse_one<Dma>("nic0 read 4096 16MiB");
  CHECK(read.operation == Operation::read);
  CHECK(read.size == 16u << 20);
  CHECK(read.address_type == AddressType::untranslated);
  CHECK(parse_one<Dma>("nic0 read 0x1000 0").size == 0);
  CHECK(parse_one<Dma>("nic0 read 0xffff_ffff_ffff_ffff 1").size == 1);
  CHECK(parse_one<Dma>("nic0 atomic 0x1010 16").operation == Operation::atomic);
}

TEST_CASE("A BAR with an offset stands for an address, and the offset is kept", "[traces]") {
  const Dma write = parse_one<Dma>("nic0 write gpu-0.2+0x1000 64 translated");
  CHECK(write.bar.device == "gpu-0");
  CHECK(write.bar.index == 2);
  CHECK(write.address == BusAddr{0x1000});
  CHECK(write.size == 64);
  const Dma atomic = parse_one<Dma>("nic0 atomic gpu0.0+4KiB 8");
  CHECK(atomic.address == BusAddr{0x1000});
  const CpuAccess read = parse_one<CpuAccess>("cpu read gpu0-vf1.5 4");
  CHECK(read.bar.device == "gpu0-vf1");
  CHECK(read.bar.index == 5);
  CHECK(read.address == PhysAddr{0});
  const RawWrite raw = parse_one<RawWrite>("nic0 raw-write gpu0.0+0x10 7");
  CHECK(raw.bar.device == "gpu0");
  CHECK(raw.value == 7);
  // A number names none, whatever the operation before did.
  const auto operations = parse("0ns nic0 read gpu0.0 4\n0ns nic0 read 0x1000 4");
  CHECK_FALSE(std::get<Dma>(operations.at(1).action).bar.given());
}

TEST_CASE("What a device's own firmware sends stands behind the ordering, and may be poisoned", "[traces]") {
  for (const char* line : {"nic0 read 0x7b00_0000 64 firmware", "nic0 atomic 0x7b00_0000 8 firmware",
                           "nic0 write 0x7b00_0000 2 data=00ff id-ordering traffic-class=1 firmware poisoned"})
    CHECK(parse_one<Dma>(line).firmware);
  CHECK_FALSE(parse_one<Dma>("nic0 read 0x7b00_0000 64").firmware);
  CHECK(error_of("0ns a read 0x0 4 firmware id-ordering\n") ==
        "t.trace:1:27: found \"id-ordering\", expected the end of the line");
  CHECK(error_of("0ns a raw-write 0x0 4 firmware\n") ==
        "t.trace:1:23: found \"firmware\", expected the end of the line");
}

TEST_CASE("Messages are vectors or raw writes", "[traces]") {
  CHECK(parse_one<Msi>("nic0 msi 2047").vector == 2047);
  const RawWrite write = parse_one<RawWrite>("nic0 raw-write 0xfee0_0ffc 0xffffffff");
  CHECK(write.address == BusAddr{0xFEE0'0FFC});
  CHECK(write.value == 0xFFFF'FFFF);
}

TEST_CASE("Attributes and traffic class stand behind the alias, in their order", "[traces]") {
  const Dma all =
      parse_one<Dma>("nic0 write 0x1000 2 translated alias=00.1 relaxed-ordering id-ordering traffic-class=7 poisoned");
  CHECK(all.relaxed_ordering);
  CHECK(all.id_based_ordering);
  CHECK(all.traffic_class == 7);
  CHECK(all.poisoned);
  const Dma read = parse_one<Dma>("nic0 read 0x1000 2 id-ordering");
  CHECK_FALSE(read.relaxed_ordering);
  CHECK(read.id_based_ordering);
  CHECK_FALSE(read.traffic_class.has_value());
  CHECK(parse_one<Dma>("nic0 atomic 0x1000 8 traffic-class=0").traffic_class == 0);
  CHECK(error_of("0ns a read 0x0 4 traffic-class=8\n") == "t.trace:1:32: found \"8\", expected 0 to 7");
  CHECK(error_of("0ns a read 0x0 4 id-ordering relaxed-ordering\n") ==
        "t.trace:1:30: found \"relaxed-ordering\", expected the end of the line");
}

TEST_CASE("What carries data can be poisoned, as the last word", "[traces]") {
  CHECK(parse_one<Dma>("nic0 read 0x1000 64 pasid=0xfffff").pasid == Pasid{0xF'FFFF});
  CHECK_FALSE(parse_one<Dma>("nic0 read 0x1000 64").pasid);
  const Dma write = parse_one<Dma>("nic0 write 0x1000 2 data=00ff translated alias=00.1 poisoned");
  CHECK(write.poisoned);
  CHECK(write.alias == 0x01);
  CHECK(parse_one<Dma>("nic0 atomic 0x1000 8 poisoned").poisoned);
  CHECK(parse_one<Msi>("nic0 msi 3 poisoned").poisoned);
  CHECK(parse_one<RawWrite>("nic0 raw-write 0xfee0_0000 0x41 poisoned").poisoned);
  CHECK_FALSE(parse_one<Dma>("nic0 write 0x1000 2").poisoned);
  CHECK_FALSE(parse_one<Msi>("nic0 msi 3").poisoned);
  CHECK_FALSE(parse_one<RawWrite>("nic0 raw-write 0xfee0_0000 0x41").poisoned);
}

TEST_CASE("Software maps numbers and buffers, unmaps and invalidates", "[traces]") {
  const Map buffer = parse_one<Map>("nic0 map 0x1000 4KiB rx-ring+0x1000 rw");
  CHECK(buffer.iova == Iova{0x1000});
  CHECK(buffer.size == 4096);
  CHECK(buffer.buffer == "rx-ring");
  CHECK(buffer.physical_or_offset == 0x1000);
  CHECK((buffer.read && buffer.write));
  const Map number = parse_one<Map>("nic0 map 0x1000 2MiB 0x4000_0000 r");
  CHECK(number.buffer.empty());
  CHECK(number.physical_or_offset == 0x4000'0000);
  CHECK((number.read && !number.write));
  const Map write_only = parse_one<Map>("nic0 map 0 4096 ring w");
  CHECK((!write_only.read && write_only.write));
  CHECK(write_only.physical_or_offset == 0);
  CHECK(parse_one<Map>("nic0 map 0 4096 ring").write);
  using software::Invalidate;
  CHECK(parse_one<Unmap>("nic0 unmap 0x1000 8KiB").invalidate == Invalidate::yes);
  CHECK(parse_one<Unmap>("nic0 unmap 0x1000 8KiB no-invalidate").invalidate == Invalidate::no);
  CHECK(parse_one<Unmap>("nic0 unmap 0x1000 8KiB no-device-invalidate").invalidate == Invalidate::unit_only);
  CHECK(parse_one<traces::Invalidate>("nic0 invalidate 0x1000 8KiB").size == 8192);
  const auto entry = parse_one<ProgramEntry>("nic0 irte 22 0x100_0027_000d 0x4_0100 no-invalidate");
  CHECK(entry.index == 22);
  CHECK(entry.low == 0x100'0027'000D);
  CHECK(entry.high == 0x4'0100);
  CHECK_FALSE(entry.invalidate);
  CHECK(parse_one<ProgramEntry>("nic0 irte 65535 0 0").invalidate);
  CHECK(parse_one<Configure>("nic0 set interrupt-remapping on").value == 1);
}

TEST_CASE("Software sets switches and BARs by name", "[traces]") {
  const Configure acs = parse_one<Configure>("dsp0 set acs.p2p-request-redirect on");
  CHECK(acs.setting == "acs.p2p-request-redirect");
  CHECK(acs.value == 1);
  CHECK(parse_one<Configure>("nic0 set bus-master off").value == 0);
  CHECK(parse_one<Configure>("dsp0 set dpc.poisoned-egress-blocking on").setting == "dpc.poisoned-egress-blocking");
  CHECK(parse_one<Configure>("nic0 set bar2 0x9000_0000").value == 0x9000'0000);
}

TEST_CASE("The processor reads and writes registers and memory", "[traces]") {
  const CpuAccess write = parse_one<CpuAccess>("cpu write 0x9000_0000 8 0xffff_ffff_ffff_ffff");
  CHECK(write.operation == Operation::write);
  CHECK(write.address == PhysAddr{0x9000'0000});
  CHECK(write.size == 8);
  CHECK(write.value == ~std::uint64_t{0});
  parse_one<Wait>("cpu wait");
  CHECK(parse_one<CpuAccess>("cpu read 0x9000_0001 1").operation == Operation::read);
}

TEST_CASE("Every error of a line has its place, what was found and what was expected", "[traces]") {
  struct Bad {
    const char* text;
    const char* message;
  };
  const Bad bad = GENERATE(values<Bad>({
      {"0ns a msi 0\n5 a msi 0",
       "t.trace:2:1: found \"5\", expected a time with its unit (ps, ns, us, ms or s), such as 10ns or +10ns"},
      {"-5ns a msi 0",
       "t.trace:1:1: found \"-5ns\", expected a time with its unit (ps, ns, us, ms or s), such as 10ns or +10ns"},
      {"5us a msi 0\n\n4us a msi 0", "t.trace:3:1: time goes backwards: 4 us after 5 us"},
      {"18446744s a msi 0\n+1s a msi 0",
       "t.trace:2:1: found \"+1s\", expected a time below 2^64 ps, which is about 213 days"},
      {"99999999999s a msi 0",
       "t.trace:1:1: found \"99999999999s\", expected a time below 2^64 ps, which is about 213 days"},
      {"1.0001ps a msi 0", "t.trace:1:1: found \"1.0001ps\", expected a whole number of picoseconds"},
      {"10000001ns a msi 0\n10000000ns a msi 0", "t.trace:2:1: time goes backwards: 10000 us after 10000.001 us"},
      {"0ns a msi 1__0", "t.trace:1:11: found \"1__0\", expected a vector of 0 to 2047"},
      {"0ns", "t.trace:1:4: found the end of the line, expected the name of a device"},
      {"0ns +x msi 0", "t.trace:1:5: found \"+x\", expected the name of a device"},
      {"0ns a",
       "t.trace:1:6: found the end of the line, expected read, write, atomic, msi, raw-write, map, unmap, invalidate, "
       "irte or set"},
      {"0ns a wrote 0 1",
       "t.trace:1:7: found \"wrote\", expected read, write, atomic, msi, raw-write, map, unmap, invalidate, irte or "
       "set"},
      {"0ns cpu msi 0", "t.trace:1:9: found \"msi\", expected read, write or wait"},
      {"0ns a read 0xzz 1", "t.trace:1:12: found \"0xzz\", expected an address"},
      {"0ns a read 0x1_0000_0000_0000_0000 1", "t.trace:1:12: found \"0x1_0000_0000_0000_0000\", expected an address"},
      {"0ns a read gpu0 1",
       "t.trace:1:12: found \"gpu0\", expected an address, or a BAR with an offset, as in gpu0.2+0x1000"},
      {"0ns a write gpu0.6 1",
       "t.trace:1:13: found \"gpu0.6\", expected an address, or a BAR with an offset, as in gpu0.2+0x1000"},
      {"0ns a write gpu0.2+ 1",
       "t.trace:1:13: found \"gpu0.2+\", expected an address, or a BAR with an offset, as in gpu0.2+0x1000"},
      {"0ns cpu read gpu0.2+0xg 4",
       "t.trace:1:14: found \"gpu0.2+0xg\", expected an address, or a BAR with an offset, as in gpu0.2+0x1000"},
      {"0ns cpu read .2 4", "t.trace:1:14: found \".2\", expected an address"},
      {"0ns a atomic gpu0.2+4 8", "t.trace:1:14: an atomic operation of 8 bytes is aligned to them"},
      {"0ns a set bar0 gpu0.2", "t.trace:1:16: found \"gpu0.2\", expected an address"},
      {"0ns a read 0 16777217", "t.trace:1:14: found \"16777217\", expected a size of 0 to 16 MiB"},
      {"0ns a read 0 4 data=00112233", "t.trace:1:16: found \"data=00112233\", expected the end of the line"},
      {"0ns a read 0xffff_ffff_ffff_fff0 17",
       "t.trace:1:12: 17 bytes at 0xfffffffffffffff0 pass the end of the address space"},
      {"0ns a write 0 0", "t.trace:1:13: a write of 0 bytes does not exist; only a read can have no length"},
      {"0ns a write 0 2 data=001", "t.trace:1:22: found \"001\", expected 4 hexadecimal digits (2 bytes of data)"},
      {"0ns a write 0 2 data=00g1", "t.trace:1:22: found \"00g1\", expected hexadecimal digits"},
      {"0ns a write 0 2 Translated", "t.trace:1:17: found \"Translated\", expected the end of the line"},
      {"0ns a atomic 0 3", "t.trace:1:14: an atomic operation has 4, 8 or 16 bytes, not 3"},
      {"0ns a atomic 4 8", "t.trace:1:14: an atomic operation of 8 bytes is aligned to them"},
      {"0ns a read 0 4 poisoned", "t.trace:1:16: a read brings no data that could be poisoned"},
      {"0ns a read 0 4 pasid=0x100000", "t.trace:1:22: found \"0x100000\", expected a PASID of 0 to 0xFFFFF"},
      {"0ns a write 0 4 poisoned translated", "t.trace:1:26: found \"translated\", expected the end of the line"},
      {"0ns a msi 0 Poisoned", "t.trace:1:13: found \"Poisoned\", expected the end of the line"},
      {"0ns a msi 2048", "t.trace:1:11: found \"2048\", expected a vector of 0 to 2047"},
      {"0ns a raw-write 0xfee00ffd 0", "t.trace:1:17: 4 bytes here cross a 4 KiB boundary, which one message cannot"},
      {"0ns a raw-write 0 0x1_0000_0000", "t.trace:1:19: found \"0x1_0000_0000\", expected a value of 32 bits"},
      {"0ns a map 0x800 4KiB 0", "t.trace:1:11: found \"0x800\", expected an I/O address that is a multiple of 4 KiB"},
      {"0ns a map 0 100 0", "t.trace:1:13: found \"100\", expected a size that is a multiple of 4 KiB"},
      {"0ns a map 0 4KiB 0x10 rw",
       "t.trace:1:18: found \"0x10\", expected a physical address or a buffer, in whole pages of 4 KiB"},
      {"0ns a map 0 4KiB b+16 rw",
       "t.trace:1:18: found \"b+16\", expected a physical address or a buffer, in whole pages of 4 KiB"},
      {"0ns a map 0 4KiB",
       "t.trace:1:17: found the end of the line, expected a physical address or a buffer, in whole pages of 4 KiB"},
      {"0ns a map 0 4KiB 0 x", "t.trace:1:20: found \"x\", expected r, w or rw"},
      {"0ns a unmap 0 0", "t.trace:1:15: found \"0\", expected a size that is a multiple of 4 KiB"},
      {"0ns a unmap 0xffff_ffff_ffff_f000 8KiB",
       "t.trace:1:13: 8192 bytes at 0xfffffffffffff000 pass the end of the address space"},
      {"0ns a set acs.x on",
       "t.trace:1:11: found \"acs.x\", expected acs.NAME, dpc.poisoned-egress-blocking, bus-master, memory-space, "
       "link-disable, msi, interrupt-remapping or bar0 to bar5 "
       "(docs/trace-format.md lists them)"},
      {"0ns a set msi 1", "t.trace:1:15: found \"1\", expected on or off"},
      {"0ns cpu read 0 3", "t.trace:1:16: found \"3\", expected a size of 1, 2, 4 or 8 bytes"},
      {"0ns cpu read 2 4", "t.trace:1:14: an access of 4 bytes is aligned to them"},
      {"0ns cpu write 0 1 0x100", "t.trace:1:19: found \"0x100\", expected a value of 8 bits"},
      {"0ns a msi 0 0", "t.trace:1:13: found \"0\", expected the end of the line"},
      {"\x01\xFF",
       "t.trace:1:1: found \"\\x01\\xff\", expected a time with its unit (ps, ns, us, ms or s), such as 10ns or +10ns"},
  }));
  CHECK(error_of(bad.text) == bad.message);
}

TEST_CASE("A line of 64 KiB is read and a longer one is one clear error", "[traces]") {
  const std::string head = "0ns a msi 7 #";
  const std::string longest = head + std::string(longest_trace_line - head.size(), 'x');
  CHECK(parse(longest).size() == 1);
  CHECK(parse(longest + "\r\n" + longest + "\n").size() == 2);
  const char* message = "t.trace:2: the line is longer than 64 KiB";
  CHECK(error_of("\n" + longest + "x\n") == message);
  CHECK(error_of("\n" + longest + "x") == message);
  CHECK(error_of("\n" + std::string(1'000'000, 'x')) == message);
}

TEST_CASE("The device of an operation can be pointed at", "[traces]") {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.trace", "\n  +1ns   nic9 msi 0\n");
  TextReader reader{path};
  TraceOperation operation;
  REQUIRE(reader.next(operation));
  CHECK(to_string(reader.position_of(operation)) == path + ":2:10");
}

TEST_CASE("Nothing of one line is left in the next", "[traces]") {
  const auto operations = parse(
      "0ns a write 0x1000 2 data=0102 translated alias=00.1 firmware poisoned\n"
      "0ns a write 0x1000 2\n"
      "0ns a map 0x1000 4KiB 0x2000 r\n"
      "0ns a read 0x1000 0\n");
  REQUIRE(operations.size() == 4);
  for (const std::size_t plain : {1, 3}) {
    const auto& dma = std::get<Dma>(operations[plain].action);
    CHECK(dma.data.empty());
    CHECK(dma.address_type == AddressType::untranslated);
    CHECK_FALSE(dma.alias.has_value());
    CHECK_FALSE(dma.poisoned);
    CHECK_FALSE(dma.firmware);
  }
  CHECK(std::get<Dma>(operations[3].action).operation == Operation::read);
}

TEST_CASE("A wrong name is refused whatever device came before", "[traces]") {
  CHECK(error_of("0ns a msi 0\n0ns a! msi 0\n") == "t.trace:2:5: found \"a!\", expected the name of a device");
}
