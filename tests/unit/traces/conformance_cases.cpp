// SPDX-License-Identifier: Apache-2.0
// Oracle: tables written by hand after the VT-d sheet (sections 2.1, 2.2 and 2.7) and the SMMUv3 sheet, with
// right and with wrong answers.
#include "traces/conformance_cases.h"

#include "base/input_error.h"
#include "support/error_text.h"
#include "support/temporary_folder.h"

#include <catch2/catch.hpp>

#include <string>

using namespace iommusim;
using namespace iommusim::traces;
using support::TemporaryFolder;

namespace {

/// 00:03.0 has I/O page 0x1000 at 0x9000, read only: root 0x1000, context table 0x2000, three levels from
/// 0x3000.
const std::string iommu = R"({"kind":"vtd","mode":"legacy","aw":39})";
const std::string memory = R"([{"addr":"0x1000","hex":"0120000000000000"},
    {"addr":"0x2180","hex":"01300000000000000101000000000000"},{"addr":"0x3000","hex":"0340000000000000"},
    {"addr":"0x4000","hex":"0350000000000000"},{"addr":"0x5008","hex":"0190000000000000"},
    {"addr":"0x9000","len":4096,"fill":"addr64"}])";
const std::string registers = R"([["0x20",8,"0x1000"],["0x18",4,"0x40000000"],["0x18",4,"0x80000000"]])";
const std::string read_step = R"({"op":"read","rid":"0x18","iova":"0x1008","len":8})";
const std::string read_answer = R"({"outcome":"ok","pa":"0x9008","data":"08900000000000a5","fsts":0,"frcd":null})";
const std::string fault_answer = R"({"outcome":"fault","pa":null,"fsts":2,"fault_reason":5,
    "frcd":{"sid":"0x0018","fault_reason":5,"type":"write","fault_info":"0x1000"}})";

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text + "\n";
}

std::string make_case(const std::string& steps, const std::string& answers, const std::string& unit = iommu,
                      const std::string& category = "valid") {
  return one_line(R"({"id":"case-1","category":")" + category + R"(","iommu":)" + unit + R"(,"memory":)" + memory +
                  R"(,"registers":)" + registers + R"(,"accesses":[)" + steps + R"(],"expect":[)" + answers + "]}");
}

/// 00:03.0 reads page 0x1000 of an SMMUv3: linear stream table at 0x4000'1000, context descriptor at 0x4000'2000,
/// 39 bits of input from 0x4000'3000, and one page of 4 KiB, read-only.
const std::string smmu = R"({"kind":"smmuv3","stage":1,"ias":44,"oas":44})";
const std::string smmu_memory = R"([{"addr":"0x40001600","hex":"0b20004000000000"},
    {"addr":"0x40002000","hex":"190000c0046200000030004000000000"},{"addr":"0x40003000","hex":"0340004000000000"},
    {"addr":"0x40004000","hex":"0350004000000000"},{"addr":"0x40005008","hex":"c304009000000000"},
    {"addr":"0x90000000","len":4096,"fill":"addr64"}])";
const std::string smmu_registers = R"([["0x80",8,"0x40001000"],["0x88",4,"0x5"],["0xa0",8,"0x40010003"],
    ["0x2c",4,"0x2"],["0x20",4,"0x5"]])";

std::string make_smmu_case(const std::string& steps, const std::string& answers) {
  return one_line(R"({"id":"case-1","category":"valid","iommu":)" + smmu + R"(,"memory":)" + smmu_memory +
                  R"(,"registers":)" + smmu_registers + R"(,"accesses":[)" + steps + R"(],"expect":[)" + answers +
                  "]}");
}

CaseResults run(const std::string& lines) {
  const TemporaryFolder folder;
  return run_conformance_cases(folder.write("cases.jsonl", lines));
}

std::string error_of(const std::string& lines) {
  const std::string message = support::error_text([&] { run(lines); });
  const std::size_t name = message.find("cases.jsonl");
  return name == std::string::npos ? message : message.substr(name);
}

}  // namespace

TEST_CASE("A case with right answers passes", "[traces]") {
  const std::string write_step = R"({"op":"write","rid":"0x18","iova":"0x1008","len":2,"data":"abcd"})";
  const std::string steps = read_step + "," + write_step + R"(,{"op":"mem_read","addr":"0x9008","len":2},
      {"op":"reg_write","offset":"0x38","width":4,"value":"0x0"},{"op":"reg_read","offset":"0x38","width":4},
      {"op":"reg_poll","offset":"0x1c","width":4,"mask":"0x80000000","value":"0x80000000"},
      {"op":"read","rid":"0x18","iova":"0x1ff8","len":16})";
  const std::string segments = R"({"outcome":"partial","fsts":2,"fault_reason":6,
      "frcd":{"sid":"0x0018","fault_reason":6,"type":"read","fault_info":"0x2000"},
      "fault_event":{"addr":"0x0","data":"0x0"},"segments":[
      {"iova":"0x1ff8","len":8,"outcome":"ok","pa":"0x9ff8","data":"f89f0000000000a5"},
      {"iova":"0x2000","len":8,"outcome":"fault","pa":null}]})";
  const CaseResults results = run(make_case(
      steps, read_answer + "," + fault_answer + R"(,{"hex":"0890"},{},{"value":"0x0"},{"done":true},)" + segments));
  if (!results.failed.empty()) UNSCOPED_INFO(results.failed[0].expected << "\n" << results.failed[0].found);
  CHECK(results.failed.empty());
  CHECK(results.passed == 1);
}

TEST_CASE("A wrong answer fails its case with the step and both answers", "[traces]") {
  const std::string wrong = R"({"outcome":"ok","pa":"0x9008","data":"08900000000000a4","fsts":0,"frcd":null})";
  const CaseResults results = run(make_case(read_step + "," + read_step, read_answer + "," + wrong));
  CHECK(results.passed == 0);
  REQUIRE(results.failed.size() == 1);
  CHECK(results.failed[0].id == "case-1");
  CHECK(results.failed[0].step == 1);
  CHECK_THAT(results.failed[0].expected, Catch::Contains("08900000000000a4"));
  CHECK_THAT(results.failed[0].found, Catch::Contains("08900000000000a5"));
}

TEST_CASE("An answer that is listed as legal too passes, and only that", "[traces]") {
  const std::string stale = R"({"outcome":"ok","pa":"0x8000","data":"00","fsts":0,"frcd":null,"also_legal":[)";
  CHECK(run(make_case(read_step, stale + read_answer + "]}")).passed == 1);
  CHECK(run(make_case(read_step, stale + fault_answer + "]}")).failed.size() == 1);
}

TEST_CASE("A case of an SMMUv3 tells the first event of each access", "[traces]") {
  const std::string read = R"({"op":"read","rid":"0x18","iova":"0x1008","len":8})";
  const std::string write = R"({"op":"write","rid":"0x18","iova":"0x1010","len":1,"data":"00"})";
  const std::string stranger = R"({"op":"read","rid":"0x20","iova":"0x1000","len":1})";
  const std::string good = R"({"event":null,"outcome":"ok","pa":"0x90000008","data":"08000090000000a5"})";
  const std::string refused = R"({"event":{"type":19,"sid":"0x0018","rnw":0,"s2":0,"input_addr":"0x1010"},
      "outcome":"fault","pa":null})";
  const std::string unknown = R"({"event":{"type":2,"sid":"0x0020"},"outcome":"fault","pa":null})";
  const CaseResults results =
      run(make_smmu_case(write + "," + read + "," + stranger, refused + "," + good + "," + unknown));
  if (!results.failed.empty()) UNSCOPED_INFO(results.failed[0].expected << "\n" << results.failed[0].found);
  CHECK(results.passed == 1);
  CHECK(run(make_smmu_case(write, good)).failed.size() == 1);
}

TEST_CASE("An interrupt of a case is answered with what a processor would see", "[traces]") {
  // Compatibility format passes as it is while interrupt remapping is off: vector 0x41, logical, to APIC 3.
  const std::string steps = R"({"op":"msi","rid":"0x18","addr":"0xfee0300c","data":"0xc141"})";
  const std::string answer = R"({"outcome":"ok","vector":65,"delivery_mode":1,"trigger_mode":1,"dest":3,"dest_mode":1,)"
                             R"("redirection_hint":1,"fsts":0,"frcd":null})";
  CHECK(run(make_case(steps, answer, iommu, "interrupt")).passed == 1);
  CHECK(run(make_case(steps, R"({"outcome":"blocked"})", iommu, "interrupt")).failed.size() == 1);
}

TEST_CASE("A case that contradicts the specification is named with the section, and neither passes nor fails",
          "[traces]") {
  // Interrupt remapping on; the entry lets in buses 0 to 3: SVT=10, SID=0x0003.
  const std::string steps = R"({"op":"mem_write","addr":"0x600000","hex":"01000000000000000300080000000000"},)"
                            R"({"op":"reg_write","offset":"0xb8","width":8,"value":"0x600000"},)"
                            R"({"op":"reg_write","offset":"0x18","width":4,"value":"0x1000000"},)"
                            R"({"op":"reg_write","offset":"0x18","width":4,"value":"0x2000000"},)"
                            R"({"op":"msi","rid":"0x18","addr":"0xfee00010","data":"0x0"})";
  const CaseResults results = run(make_case(steps, R"({},{},{},{},{"outcome":"blocked"})", iommu, "interrupt"));
  CHECK(results.passed == 0);
  CHECK(results.failed.empty());
  REQUIRE(results.judged.size() == 1);
  CHECK_THAT(results.judged.begin()->first, Catch::StartsWith("VT-d specification, 9.10"));
  CHECK(results.judged.begin()->second == std::vector<std::string>{"case-1"});
}

TEST_CASE("Cases with device TLBs and in scalable mode are run", "[traces]") {
  CHECK(run(make_case(read_step, read_answer, R"({"kind":"vtd","device_iotlb":true,"aw":48})")).passed == 1);
  CHECK(run(make_case(read_step, read_answer, R"({"kind":"vtd","mode":"scalable","aw":48})")).passed == 1);
}

TEST_CASE("Of faults in scalable mode the reason is not compared, but everything else", "[traces]") {
  const std::string write = R"({"op":"write","rid":"0x18","iova":"0x1008","len":1,"data":"00"})";
  const auto passes = [&](const char* mode, const char* reason, const char* source) {
    const std::string unit = std::string{R"({"kind":"vtd","aw":39,"mode":")"} + mode + "\"}";
    const std::string answer = std::string{R"({"outcome":"fault","pa":null,"fsts":2,"fault_reason":)"} + reason +
                               R"(,"frcd":{"sid":")" + source + R"(","fault_reason":)" + reason +
                               R"(,"type":"write","fault_info":"0x1000"}})";
    return run(make_case(write, answer, unit)).passed == 1;
  };
  CHECK(passes("legacy", "5", "0x0018"));
  CHECK_FALSE(passes("legacy", "9", "0x0018"));
  CHECK(passes("scalable", "9", "0x0018"));
  CHECK_FALSE(passes("scalable", "9", "0x0019"));
}

TEST_CASE("Cases that nobody knows are refused", "[traces]") {
  const auto changed = [](const std::string& from, const std::string& to) {
    std::string text = make_case(read_step, read_answer);
    return text.replace(text.find(from), from.size(), to);
  };
  CHECK(error_of(changed("\"kind\":\"vtd\"", "\"kind\":\"foo\"")) ==
        "cases.jsonl:1: iommu.kind: found \"foo\", expected vtd or smmuv3");
  CHECK(error_of(changed("\"mode\":\"legacy\"", "\"mode\":\"foo\"")) ==
        "cases.jsonl:1: iommu.mode: found \"foo\", expected legacy or scalable");
  CHECK(error_of(changed("\"id\":\"case-1\",", "")) == "cases.jsonl:1: \"id\" is missing");
  CHECK(error_of(R"({"category":"valid","iommu":{"kind":"smmuv3"}})") == "cases.jsonl:1: \"id\" is missing");
}

TEST_CASE("What is no case is refused with its line and place", "[traces]") {
  const std::string good = make_case(read_step, read_answer);
  CHECK(error_of(good + "{}") == "cases.jsonl:2: \"id\" is missing");
  CHECK(error_of(good + "{") == "cases.jsonl:2:2: this is no JSON value");
  CHECK(error_of(make_case(read_step, "")) ==
        "cases.jsonl:1: expect: found 0 answers, expected one for each of the 1 of \"accesses\"");
  CHECK(error_of(make_case(R"({"op":"fetch"})", "{}")) ==
        "cases.jsonl:1: accesses[0].op: found \"fetch\", expected read, write, msi, mem_read, mem_write, "
        "reg_read, reg_write or "
        "reg_poll");
  CHECK(error_of(make_case(R"({"op":"read","rid":"0x18","iova":"x","len":8})", "{}")) ==
        "cases.jsonl:1: accesses[0].iova: found \"x\", expected a number such as 4096 or \"0x1000\"");
  CHECK(error_of(make_case(R"({"op":"write","rid":"0x18","iova":0,"len":2,"data":"00"})", "{}")) ==
        "cases.jsonl:1: accesses[0].data: found \"00\", expected as many bytes as \"len\" says");
  CHECK(error_of(make_case(R"({"op":"mem_write","addr":"0x80000000","hex":"00"})", "{}")) ==
        "cases.jsonl:1: accesses[0]: 0x80000000 lies outside the memory of the cases (0x0 to 0x7fffffff, "
        "0x100000000 to 0x13fffffff)");
  CHECK(error_of(make_case("", "", R"({"kind":"vtd","aw":57})")) ==
        "cases.jsonl:1: iommu.aw: found 57, expected 39 or 48");
  const auto smmu_error = [](const std::string& unit) {
    return error_of(make_case("", "", R"({"kind":"smmuv3",)" + unit + "}"));
  };
  CHECK(smmu_error(R"("stage":2,"ias":44,"oas":44)") == "cases.jsonl:1: iommu.stage: found 2, expected 1");
  CHECK(smmu_error(R"("stage":1,"ias":40,"oas":44)") ==
        "cases.jsonl:1: iommu.ias: found 40, expected the same as \"oas\"");
  CHECK(smmu_error(R"("stage":1,"ias":41,"oas":41)") ==
        "cases.jsonl:1: iommu.oas: found 41, expected 32, 36, 40, 42, 44, 48 or 52");
  CHECK(error_of(make_smmu_case(R"({"op":"msi","rid":"0x18","addr":"0x0","data":"0x0"})", "{}")) ==
        "cases.jsonl:1: accesses[0].op: found \"msi\", expected \"write\" in place of \"msi\", with kind smmuv3");
}
