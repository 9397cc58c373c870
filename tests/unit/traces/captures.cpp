// SPDX-License-Identifier: Apache-2.0
// Oracle: registers decoded by hand after the VT-d sheet (sections 1.3 and 1.4), and captures spoiled on
// purpose.
#include "platforms/capture.h"
#include "platforms/captured_config.h"
#include "support/error_text.h"
#include "support/source_dir.h"
#include "support/temporary_folder.h"
#include "traces/translation_check.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace iommusim;
using platforms::config_from_capabilities;
using support::error_text;
using support::TemporaryFolder;

namespace {

const std::string good_capture = tests::source_dir() + "/tests/data/captures/vtd-legacy-strict/";

/// A copy that a test can spoil.
class CaptureCopy {
 public:
  CaptureCopy() {
    for (const char* name : {"registers.json", "memory.index.json", "memory.bin.zst"})
      std::filesystem::copy_file(good_capture + name, folder.file(name));
  }
  void replace(const std::string& name, const std::string& from, const std::string& to) const {
    std::string text = folder.read(name);
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    folder.write(name, text.replace(at, from.size(), to));
  }
  /// The message without the folder.
  std::string error() const {
    const std::string message = error_text([this] { platforms::load_capture(folder.file("")); });
    const std::string path = folder.file("");
    return message.substr(0, path.size()) == path ? message.substr(path.size()) : message;
  }

  TemporaryFolder folder;
};

traces::TranslationCheck check(const std::string& lines) {
  const TemporaryFolder folder;
  const auto capture = platforms::load_capture(good_capture);
  return traces::check_translations(*capture.unit, folder.write("answers.jsonl", lines));
}

std::string check_error(const std::string& line) {
  const std::string message = error_text([&] { check(line); });
  const std::size_t name = message.find("answers.jsonl");
  return name == std::string::npos ? message : message.substr(name);
}

}  // namespace

TEST_CASE("A unit is configured after QEMU's capability registers", "[traces]") {
  const auto wide = config_from_capabilities(0xD2'008C'222F'0606, 0xF0'0F4A);
  CHECK(wide.config.guest_address_width == 48);
  CHECK(wide.config.host_address_width == 48);
  CHECK(wide.config.table_levels == std::vector<unsigned>{3, 4});
  CHECK(wide.config.domain_id_bits == 16);
  CHECK(wide.config.fault_records == 1);
  CHECK(wide.config.fault_record_offset == 0x220);
  CHECK(wide.config.iotlb_offset == 0x0F0);
  CHECK(wide.config.max_address_mask == 18);
  CHECK(wide.config.interrupt_remapping);
  CHECK_FALSE(wide.config.extended_interrupt_mode);
  CHECK(wide.config.max_handle_mask == 15);
  CHECK(wide.unsupported.empty());
  const auto narrow = config_from_capabilities(0xD2'008C'2226'0286, 0xF42);
  CHECK(narrow.config.guest_address_width == 39);
  CHECK(narrow.config.table_levels == std::vector<unsigned>{3});
  CHECK(narrow.config.caching_mode);
  CHECK(narrow.unsupported.empty());
}

TEST_CASE("A unit is configured after the capability registers of a desktop processor", "[traces]") {
  const auto captured = config_from_capabilities(0xD2'008C'4066'0462, 0xF0'50DA);
  CHECK(captured.config.guest_address_width == 39);
  CHECK(captured.config.table_levels == std::vector<unsigned>{4});
  CHECK(captured.config.domain_id_bits == 8);
  CHECK(captured.config.protected_low_memory);
  CHECK(captured.config.protected_high_memory);
  CHECK(captured.config.zero_length_read);
  CHECK(captured.config.pages_1g);
  CHECK(captured.config.fault_record_offset == 0x400);
  CHECK(captured.config.iotlb_offset == 0x500);
  CHECK(captured.config.snoop_control);
  CHECK(captured.config.extended_interrupt_mode);
  CHECK(captured.unsupported.empty());
}

TEST_CASE("Features of a captured unit that cannot act are listed and left out", "[traces]") {
  constexpr std::uint64_t cap = 0xD2'008C'2226'0286, ecap = 0xF42;
  constexpr std::uint64_t dt = 1 << 2, prs = 1 << 29, pds = std::uint64_t{1} << 42, nwfs = std::uint64_t{1} << 33;
  const auto unsupported = [](std::uint64_t extended) {
    const auto captured = config_from_capabilities(cap, extended);
    CHECK(vtd::find_impossible(captured.config).empty());
    return captured.unsupported;
  };
  CHECK(unsupported(ecap | dt).empty());
  CHECK(unsupported(ecap | dt | prs) == std::vector<std::string>{"ECAP.PRS"});
  CHECK(unsupported(ecap | dt | pds) == std::vector<std::string>{"ECAP.PDS"});
  CHECK(unsupported(ecap | nwfs) == std::vector<std::string>{"ECAP.NWFS"});
}

TEST_CASE("Capability bits without a name are not lost", "[traces]") {
  const auto captured =
      config_from_capabilities(0xD2'008C'222F'0606 | std::uint64_t{1} << 59, 0xF42 | std::uint64_t{1} << 60);
  CHECK(captured.unsupported == std::vector<std::string>{"CAP.PI", "ECAP bits 0x1000000000000000"});
}

TEST_CASE("Messages that QEMU remapped are checked against the captured table", "[traces]") {
  const std::string line = R"({"index": 22, "in_addr": "0xfee002d8", "in_data": "0x0", "out_addr": "0xfee0100c", )";
  const auto right = check(line + R"("out_data": "0x4027"})");
  CHECK(right.checked == 1);
  CHECK(right.equal == 1);
  const auto wrong = check(line + R"("out_data": "0x4028"})");
  CHECK(wrong.equal == 0);
  CHECK(wrong.differences == std::vector<std::string>{"line 1, 01:00.0 message 0x0 to 0xfee002d8: found message 0x4027 "
                                                      "to 0xfee0100c, expected message 0x4028 to 0xfee0100c"});
  // No entry has this index: no driver wrote it.
  const auto blocked = check(R"({"in_addr": "0xfee01fd8", "in_data": "0x0", "out_addr": "0x0", "out_data": "0x0"})");
  CHECK(blocked.differences ==
        std::vector<std::string>{"line 1, 00:00.0 message 0x0 to 0xfee01fd8: found fault 0x22, expected message 0x0 to "
                                 "0x0"});
}

TEST_CASE("A capture that is wrong is refused where it is wrong", "[traces]") {
  const CaptureCopy capture;
  CHECK(capture.error().empty());
  SECTION("no capture at all") {
    std::filesystem::remove(capture.folder.file("registers.json"));
    CHECK(capture.error() == "registers.json: cannot open: No such file or directory");
  }
  SECTION("the capture of something else") {
    capture.replace("registers.json", "\"ECAP\"", "\"IDR0\"");
    CHECK(capture.error() == "registers.json: there is no register ECAP; is this the capture of a VT-d unit?");
  }
  SECTION("a value that is no number") {
    capture.replace("registers.json", "\"0x10\"", "\"ten\"");
    CHECK(capture.error() ==
          "registers.json: registers[0].value: found \"ten\", expected a number such as 4096 or \"0x1000\"");
  }
  SECTION("no JSON") {
    capture.folder.write("registers.json", "{\n \"base\": nothing\n}");
    CHECK(capture.error() == "registers.json:2:11: this is no JSON value");
  }
  SECTION("illegal capabilities") {
    capture.replace("registers.json", "0xd2008c222f0606", "0xd2008c222f0006");
    CHECK_THAT(capture.error(), Catch::StartsWith("registers.json: the capability registers are illegal: "));
  }
  SECTION("a page twice") {
    capture.replace("memory.index.json", "0x100200000", "0x1001c3000");
    CHECK(capture.error() == "memory.index.json: page 0x1001c3000 is listed twice");
  }
  SECTION("half a page") {
    capture.replace("memory.index.json", "0x100200000", "0x100200800");
    CHECK(capture.error() == "memory.index.json: pages[1]: expected whole pages of 4 KiB below 2^64");
  }
  SECTION("an image that is too short") {
    capture.folder.write("memory.bin", std::string(4096, '\0'));
    CHECK(capture.error() == "memory.bin: ends before the 52 pages that the index lists");
  }
  SECTION("an image that is too long") {
    capture.folder.write("memory.bin", std::string(53 * 4096, '\0'));
    CHECK(capture.error() == "memory.bin: goes on after the 52 pages that the index lists");
  }
}

TEST_CASE("A fetch outside of the captured pages is an access error and not a missing mapping", "[traces]") {
  const CaptureCopy capture;
  // The context table of bus 0 goes missing: its page now claims to stand elsewhere.
  capture.replace("memory.index.json", "0x101468000", "0x1ff468000");
  const auto loaded = platforms::load_capture(capture.folder.file(""));
  iommu::TranslationRequest request;
  request.requester = RequesterId{0, 5, 0};
  request.address = Iova{0xFFFF'C000};
  request.size = 4;
  iommu::FetchLog fetches;
  const auto result = loaded.unit->decide(request, fetches);
  CHECK(result.outcome == iommu::Outcome::fault);
  CHECK(result.fault_reason == 0x9);
}

TEST_CASE("A wrong answer in a list of translations is found", "[traces]") {
  // The first line of translations.jsonl, then with another page, other rights, another size, and as a fault.
  const auto result =
      check(R"({"sid":"0x0028","iova":"0xffffc000","leaf_perm":"rw","result":"ok","pa":"0x103118000","mask":"0xfff"})"
            "\n"
            R"({"sid":"0x0028","iova":"0xffffc000","leaf_perm":"rw","result":"ok","pa":"0x103119000","mask":"0xfff"})"
            "\n"
            R"({"sid":"0x0028","iova":"0xffffc000","leaf_perm":"r","result":"ok","pa":"0x103118000","mask":"0xfff"})"
            "\n"
            R"({"sids":["0x0028"],"iova":"0xffe00000","size":"0x200000","pa":"0x103000000","perm":"rw"})"
            "\n"
            R"({"sid":"0x0028","iova":"0xffffc000","result":"fault"})"
            "\n"
            R"({"sid":"0x0028","iova":"0x10000000","result":"fault","fault_reason":6})"
            "\n");
  CHECK(result.checked == 6);
  CHECK(result.equal == 1);
  REQUIRE(result.differences.size() == 5);
  CHECK(result.differences[0] ==
        "line 2, 00:05.0 read 0xffffc000: found 0x103118000 in a page of 4 KiB, rw, expected 0x103119000 in a page of "
        "4 KiB, rw");
  CHECK_THAT(result.differences[3], Catch::Matches("line 5, 00:05.0 read 0xffffc000: found .*, expected a fault"));
  // A write to a page that is not there is refused for want of the write right: 0x5.
  CHECK(result.differences[4] == "line 6, 00:05.0 write 0x10000000: found fault 0x5, expected fault 0x6");
}

TEST_CASE("A list of answers that is none is refused with its line", "[traces]") {
  CHECK(check_error("{\"sid\":\"0x28\"}") == "answers.jsonl:1: \"iova\" is missing");
  CHECK(check_error("\n[]") == "answers.jsonl:2: found [], expected an object");
  CHECK(check_error(std::string(1'000'000, '[')) == "answers.jsonl:1: values nested more than 64 deep");
  CHECK(check_error("{\"sid\":") == "answers.jsonl:1:8: this is no JSON value");
  CHECK(check_error(R"({"sid":65536,"iova":0,"result":"fault"})") ==
        "answers.jsonl:1: sid: found 65536, expected a number of at most 0xffff");
  for (const char* word : {"maybe", "OK", ""})
    CHECK(check_error(R"({"sid":40,"iova":0,"result":")" + std::string{word} + "\"}") ==
          "answers.jsonl:1: result: found \"" + std::string{word} + "\", expected \"ok\" or \"fault\"");
  CHECK(check_error(R"({"sids":["0x28"],"iova":0,"pa":0,"size":5000,"perm":"rw"})") ==
        "answers.jsonl:1: size: found 5000, expected a page size");
  CHECK(check_error(R"({"sids":["0x28"],"iova":0,"pa":0,"size":4096,"perm":"x"})") ==
        "answers.jsonl:1: perm: found \"x\", expected \"r\", \"w\" or \"rw\"");
}
