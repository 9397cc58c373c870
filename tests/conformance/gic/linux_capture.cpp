// SPDX-License-Identifier: Apache-2.0
// Oracle: the ITS commands of a Linux guest and the LPIs of its messages, as QEMU 7.2 had them, in
// tests/data/captures/smmuv3-strict (see tests/data/README.md).
#include "support/gic_bench.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

const std::string folder = source_dir() + "/tests/data/captures/smmuv3-strict/";

/// "MAPD DeviceID 0x10 Size 0x0 …": the number after `name`.
std::uint64_t number(const std::string& line, const std::string& name) {
  const auto found = line.find(" " + name + " ");
  REQUIRE(found != std::string::npos);
  return std::stoull(line.substr(found + name.size() + 2), nullptr, 0);
}

std::vector<std::string> read_lines(const std::string& file) {
  std::ifstream in{folder + file};
  REQUIRE(in);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

/// The log names no collection for INVALL and no target for SYNC: they are those of the MAPC before.
CommandWords command_of(const std::string& line, std::uint64_t& last_collection) {
  const std::string name = line.substr(0, line.find(' '));
  if (name == "SYNC") return sync(last_collection);
  if (name == "INVALL") return invall(last_collection);
  if (name == "MAPC") {
    last_collection = number(line, "ICID");
    return mapc(last_collection, number(line, "RDbase"));
  }
  const auto device = static_cast<std::uint32_t>(number(line, "DeviceID"));
  if (name == "MAPD") {
    if (number(line, "V") == 0) return unmapd(device);
    return mapd(device, static_cast<unsigned>(number(line, "Size")) + 1, number(line, "ITT_addr") << 8);
  }
  const auto event = static_cast<std::uint32_t>(number(line, "EventID"));
  if (name == "MAPTI") {
    const auto intid = static_cast<std::uint32_t>(number(line, "pINTID"));
    return mapti(device, event, intid, number(line, "ICID"));
  }
  if (name == "INV") return inv(device, event);
  REQUIRE(name == "DISCARD");
  return discard(device, event);
}

}  // namespace

TEST_CASE("GIC-001 The ITS commands of a captured Linux make its messages the LPIs that they were", "[gic][its]") {
  GicBench bench;
  bench.start_redistributors();
  bench.start_its(16);
  for (std::uint32_t intid = 8192; intid < 8192 + 64; ++intid)
    bench.configure(intid, true);
  std::uint64_t collection = 0;
  const auto commands = read_lines("its-commands.txt");
  CHECK(commands.size() == 106);
  for (const std::string& line : commands)
    bench.submit({command_of(line, collection)});
  CHECK(bench.its.commands() == 106);
  CHECK(bench.its.command_errors() == 0);
  CHECK(bench.read(gits_at::creadr) == 106 * 32);

  const auto messages = read_lines("interrupts.jsonl");
  CHECK(messages.size() == 16);
  for (const std::string& line : messages) {
    CAPTURE(line);
    const auto message = nlohmann::json::parse(line);
    const auto device = static_cast<std::uint32_t>(std::stoul(message.at("device_id").get<std::string>(), nullptr, 0));
    const auto result = bench.send(device, message.at("event_id"));
    CHECK(result.outcome == gic::DoorbellOutcome::delivered);
    CHECK(result.intid == message.at("pintid").get<std::uint32_t>());
    // Linux has one collection per processor, with the processor's number.
    CHECK(result.processor == message.at("icid").get<std::uint32_t>());
  }
}
