// SPDX-License-Identifier: Apache-2.0
// Oracle: the ITS commands of a Linux guest and the LPIs of its messages, as QEMU 7.2 had them, in
// tests/data/captures/smmuv3-strict (see tests/data/README.md).
#include "support/gic_bench.h"
#include "support/source_dir.h"
#include "traces/import_qemu_smmuv3.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <string>
#include <variant>
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

/// An ITS after all of the captured commands. They are executed without an error.
void program(GicBench& bench) {
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
}

/// One kind of message, and what QEMU's ITS made of it.
struct Message {
  std::string device;
  std::uint32_t event = 0;
  std::uint32_t intid = 0;
  std::uint32_t processor = 0;
  std::uint64_t times = 0;
};

std::vector<Message> read_messages() {
  std::vector<Message> messages;
  for (const std::string& line : read_lines("interrupts.jsonl")) {
    const auto json = nlohmann::json::parse(line);
    // Linux has one collection per processor, with the processor's number.
    messages.push_back(
        {json.at("device_id"), json.at("event_id"), json.at("pintid"), json.at("icid"), json.at("times_seen")});
  }
  return messages;
}

std::uint32_t device_id(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text, nullptr, 0));
}

void check_delivery(GicBench& bench, const Message& message) {
  CAPTURE(message.device, message.event);
  const auto result = bench.send(device_id(message.device), message.event);
  CHECK(result.outcome == gic::DoorbellOutcome::delivered);
  CHECK(result.intid == message.intid);
  CHECK(result.processor == message.processor);
}

}  // namespace

TEST_CASE("GIC-001 The ITS commands of a captured Linux make its messages the LPIs that they were", "[gic][its]") {
  GicBench bench;
  program(bench);
  const auto messages = read_messages();
  CHECK(messages.size() == 16);
  for (const Message& message : messages)
    check_delivery(bench, message);
}

TEST_CASE("GIC-001 Every message of a captured Linux is delivered as it was, in its order", "[gic][its]") {
  GicBench bench;
  program(bench);
  const auto messages = read_messages();
  traces::QemuLogOptions options;
  options.include_interrupts = true;
  for (const Message& message : messages)
    options.names[RequesterId{static_cast<std::uint16_t>(device_id(message.device))}] = message.device;

  std::vector<std::uint64_t> times(messages.size());
  traces::import_qemu_smmuv3(folder + "qemu-trace.log.zst", options, [&](const traces::TraceOperation& operation) {
    const auto* const write = std::get_if<traces::RawWrite>(&operation.action);
    if (write == nullptr) return;
    const auto message = std::find_if(messages.begin(), messages.end(), [&](const Message& one) {
      return one.device == operation.device && one.event == write->value;
    });
    REQUIRE(message != messages.end());
    check_delivery(bench, *message);
    ++times[static_cast<std::size_t>(message - messages.begin())];
  });
  for (std::size_t i = 0; i < messages.size(); ++i)
    CHECK(times[i] == messages[i].times);
  CHECK(std::accumulate(times.begin(), times.end(), std::uint64_t{0}) == 6724);
}
