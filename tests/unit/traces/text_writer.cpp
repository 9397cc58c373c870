// SPDX-License-Identifier: Apache-2.0
// Oracle: canonical lines written by hand, and random operations compared with what the reader makes of their
// lines.
#include "traces/text_writer.h"

#include "base/input_error.h"
#include "support/error_text.h"
#include "support/random_operations.h"
#include "support/temporary_folder.h"
#include "traces/text_reader.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::traces;
using support::TemporaryFolder;
using tests::equal;
using tests::RandomOperations;

namespace {

void check_round_trip(const std::string& path, TimeForm form) {
  std::vector<TraceOperation> operations;
  RandomOperations random;
  for (int i = 0; i < 4000; ++i)
    operations.push_back(random.next());
  TextWriter writer{path, form};
  writer.comment("made by a test");
  for (const TraceOperation& operation : operations)
    writer.write(operation);
  writer.close();

  TextReader reader{path};
  TraceOperation read;
  for (const TraceOperation& operation : operations) {
    REQUIRE(reader.next(read));
    INFO(to_text(operation));
    REQUIRE(equal(read, operation));
  }
  CHECK_FALSE(reader.next(read));
}

TraceOperation at(Duration time, std::string device, Action action) {
  return {time, std::move(device), std::move(action)};
}

}  // namespace

TEST_CASE("What was written is read back as it was", "[traces]") {
  const TemporaryFolder folder;
  check_round_trip(folder.file("a.trace"), TimeForm::absolute);
  check_round_trip(folder.file("r.trace"), TimeForm::relative);
  check_round_trip(folder.file("a.trace.zst"), TimeForm::absolute);
  CHECK(folder.size() == 3);
  CHECK(folder.read("a.trace.zst").substr(0, 4) == "\x28\xB5\x2F\xFD");
}

TEST_CASE("Every operation has one canonical line", "[traces]") {
  const Duration us = Duration::nanoseconds(1000);
  CHECK(to_text(at({}, "nic0", Dma{Operation::read, BusAddr{0x38'0000'2000}, 64, {}, {}})) ==
        "0ns nic0 read 0x38_0000_2000 64");
  CHECK(to_text(at(Duration{1'500'000}, "nic0",
                   Dma{Operation::write, BusAddr{0xFFF}, 2, {0x0A, 0xB0}, AddressType::translated})) ==
        "1500ns nic0 write 0xfff 2 data=0ab0 translated");
  CHECK(to_text(at(us, "nic0", Dma{Operation::write, BusAddr{0x1'0000}, 16u << 20, {}, {}})) ==
        "1us nic0 write 0x1_0000 16MiB");
  CHECK(
      to_text(at(us, "nic0", Dma{Operation::read, BusAddr{0x1'1000}, 64, {}, {}, {}, {}, false, BarName{"gpu0", 2}})) ==
      "1us nic0 read gpu0.2+0x11000 64");
  CHECK(to_text(at(us, "cpu", CpuAccess{Operation::read, PhysAddr{0}, 4, 0, BarName{"gpu0", 0}})) ==
        "1us cpu read gpu0.0 4");
  CHECK(to_text(at(us, "nic0", RawWrite{BusAddr{0x10}, 0x41, false, BarName{"gpu0", 1}})) ==
        "1us nic0 raw-write gpu0.1+0x10 0x41");
  CHECK(to_text(at(us, "01:00.0", RawWrite{BusAddr{0xFEE0'0000}, 0x41})) == "1us 01:00.0 raw-write 0xfee0_0000 0x41");
  CHECK(to_text(at(us, "nic0", RawWrite{BusAddr{0xFEE0'0000}, 0x41, true})) ==
        "1us nic0 raw-write 0xfee0_0000 0x41 poisoned");
  CHECK(to_text(at(us, "nic0", Msi{3, true})) == "1us nic0 msi 3 poisoned");
  CHECK(to_text(at(us, "nic0", Dma{Operation::write, BusAddr{0xFFF}, 2, {}, {}, {}, 0x01, true})) ==
        "1us nic0 write 0xfff 2 alias=00.1 poisoned");
  CHECK(to_text(at(us, "nic0", Map{Iova{0x1000}, 4096, "rx", 0x1000, true, false})) ==
        "1us nic0 map 0x1000 4KiB rx+0x1000 r");
  CHECK(to_text(at(us, "nic0", Map{Iova{0}, 0x5000, "", 0, true, true})) == "1us nic0 map 0x0 20KiB 0x0 rw");
  CHECK(to_text(at(us, "nic0", Unmap{Iova{0x1000}, 4096, software::Invalidate::no})) ==
        "1us nic0 unmap 0x1000 4KiB no-invalidate");
  CHECK(to_text(at(us, "nic0", Unmap{Iova{0x1000}, 4096, software::Invalidate::unit_only})) ==
        "1us nic0 unmap 0x1000 4KiB no-device-invalidate");
  CHECK(to_text(at(us, "p", Configure{"msi", 1})) == "1us p set msi on");
  CHECK(to_text(at(us, "p", Configure{"bar0", 0x9000'0000})) == "1us p set bar0 0x9000_0000");
  CHECK(to_text(at(us, "cpu", CpuAccess{Operation::write, PhysAddr{~std::uint64_t{7}}, 8, 1})) ==
        "1us cpu write 0xffff_ffff_ffff_fff8 8 0x1");
}

TEST_CASE("A trace that was not closed leaves no file", "[traces]") {
  const TemporaryFolder folder;
  {
    TextWriter writer{folder.file("t.trace")};
    writer.write(at({}, "nic0", Msi{0}));
  }
  CHECK(folder.size() == 0);
}

TEST_CASE("Data that no line can hold is refused instead of written", "[traces]") {
  const TemporaryFolder folder;
  TextWriter writer{folder.file("t.trace")};
  const Dma big{Operation::write, BusAddr{0}, 40'000, std::vector<std::uint8_t>(40'000), {}};
  CHECK_THAT(support::error_text([&] { writer.write(at({}, "nic0", big)); }), Catch::Contains("does not fit"));
}
