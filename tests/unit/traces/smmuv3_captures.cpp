// SPDX-License-Identifier: Apache-2.0
// Oracle: ID registers decoded by hand after the SMMUv3 architecture, 6.3.1 to 6.3.8, and captures spoiled on purpose.
#include "iommu/smmuv3/unit.h"
#include "platforms/capture.h"
#include "platforms/captured_smmuv3_config.h"
#include "support/error_text.h"
#include "support/source_dir.h"
#include "support/temporary_folder.h"
#include "traces/translation_check.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace iommusim;
using platforms::config_from_id_registers;
using support::TemporaryFolder;

namespace {

const std::string good_capture = tests::source_dir() + "/tests/data/captures/smmuv3-strict/";

/// What is said of a capture in whose registers.json `from` is replaced, without the folder.
std::string error_with(const std::string& from, const std::string& to) {
  const TemporaryFolder folder;
  for (const char* name : {"registers.json", "memory.index.json", "memory.bin.zst"})
    std::filesystem::copy_file(good_capture + name, folder.file(name));
  std::string text = folder.read("registers.json");
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  folder.write("registers.json", text.replace(at, from.size(), to));
  const std::string path = folder.file("");
  const std::string message = support::error_text([&] { platforms::load_capture(path); });
  return message.substr(0, path.size()) == path ? message.substr(path.size()) : message;
}

traces::TranslationCheck check(const std::string& line) {
  const TemporaryFolder folder;
  const auto capture = platforms::load_capture(good_capture);
  return traces::check_translations(*capture.unit, folder.write("answers.jsonl", line));
}

}  // namespace

TEST_CASE("An SMMUv3 is configured after QEMU's ID registers", "[traces]") {
  const auto captured = config_from_id_registers({0x0D40'101A, 0x0273'0010, 0x1404, 0x74, 1, 0});
  CHECK(captured.unsupported.empty());
  CHECK(captured.config.stage_1);
  CHECK_FALSE(captured.config.stage_2);
  CHECK(captured.config.stall_model == smmuv3::StallModel::terminate_only);
  CHECK(captured.config.stream_id_bits == 16);
  CHECK(captured.config.command_queue_bits == 19);
  CHECK(captured.config.range_invalidation);
  CHECK(captured.config.block_change_level == 2);
  CHECK(captured.config.output_address_bits == 44);
  CHECK(captured.config.granule_16k);
}

TEST_CASE("What a captured SMMUv3 has and ours lacks is named", "[traces]") {
  // IDR0.BTM, IDR0.ATOS, IDR1.REL, and a minor version that is newer than the model.
  const auto captured = config_from_id_registers({0x0D40'903A, 0x1273'0010, 0x0404, 0x74, 0x05, 0});
  CHECK(captured.unsupported ==
        std::vector<std::string>{"IDR0.ATOS", "IDR0.BTM", "IDR1 bits 0x10000000", "AIDR.ArchMinor"});
}

TEST_CASE("A captured SMMUv3 stands as its driver left it", "[traces]") {
  const auto capture = platforms::load_capture(good_capture);
  const auto& unit = dynamic_cast<const smmuv3::Unit&>(*capture.unit);
  CHECK(unit.config().register_base == PhysAddr{0x0905'0000});
  CHECK(unit.read_register(0x20, 4) == 0xD);
  CHECK(unit.read_register(0x24, 4) == 0xD);
  CHECK(unit.read_register(0x28, 4) == 0xD75);
  CHECK(unit.read_register(0x80, 8) == 0x4000'0000'4327'7000);
  CHECK(unit.read_register(0x98, 4) == 0x7A45);
  CHECK(unit.read_register(0x9C, 4) == 0x7A45);
  CHECK(unit.statistics().commands == 0);
  CHECK(unit.read_register(0x60, 4) == unit.read_register(0x64, 4));
}

TEST_CASE("A broken capture of an SMMUv3 is refused with the cause", "[traces]") {
  CHECK_THAT(
      error_with("\"smmu_base\"", "\"its_bas2\""),
      Catch::Contains("found neither \"base\" nor \"smmu_base\", expected the registers of a VT-d unit or an SMMUv3"));
  CHECK(error_with("\"IDR5\"", "\"IDR9\"") ==
        "registers.json: there is no register IDR5; is this the capture of an SMMUv3?");
  CHECK(error_with("\"CR0\"", "\"CR9\"") ==
        "registers.json: there is no register CR0; is this the capture of an SMMUv3?");
  CHECK_THAT(error_with("0x9050000", "0x9051000"),
             Catch::StartsWith("registers.json: the ID registers are illegal: register_base = "));
}

TEST_CASE("Known answers without a page size are compared at their byte", "[traces]") {
  const auto line = [](const std::string& iova, const std::string& pa, const std::string& substream) {
    return R"({"sid":"0x0028","ssid":)" + substream + R"(,"iova":")" + iova +
           R"(","leaf_perm":"rw","result":"ok","pa":")" + pa + "\"}\n";
  };
  CHECK(check(line("0xffffa123", "0x487f7123", "null")).equal == 1);
  CHECK(check(line("0xffffa123", "0x487f7000", "null")).equal == 0);
  // The unit has no substreams.
  CHECK(check(line("0xffffa123", "0x487f7123", "1")).equal == 0);
}
