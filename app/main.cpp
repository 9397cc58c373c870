// SPDX-License-Identifier: Apache-2.0
// The iommusim command: picks the subcommand and turns errors into exit codes.
#include "app/commands.h"
#include "app/interruption.h"
#include "app/output.h"
#include "app/usage.h"
#include "base/input_error.h"

#include <CLI/CLI.hpp>
#include <systemc>

#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

constexpr int bad_input = 2;
constexpr int our_defect = 3;

constexpr const char* example = "Example:\n  iommusim run platforms/nic-behind-non-acs-switch.yaml";

int dispatch(int argc, char** argv) {
  CLI::App app{"iommusim: where a device's DMA lands, and why"};
  app.set_version_flag("--version", std::string{"iommusim "} + IOMMUSIM_VERSION);
  app.footer(example);
  app.failure_message(iommusim::app::usage_message);
  app.require_subcommand(1);
  int status = 0;
  iommusim::app::add_run(app, status);
  iommusim::app::add_explain(app, status);
  iommusim::app::add_map(app, status);
  iommusim::app::add_translate(app, status);
  iommusim::app::add_conform(app, status);
  iommusim::app::add_regress(app, status);
  iommusim::app::add_trace(app, status);
  iommusim::app::add_validate(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : bad_input;
  }
  iommusim::app::flush_output();
  return status;
}

}  // namespace

int sc_main(int argc, char** argv) {
  iommusim::app::clean_up_on_signals();
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
  try {
    return dispatch(argc, argv);
  } catch (const iommusim::InputError& error) {
    std::cerr << "iommusim: " << error.what() << '\n';
    return bad_input;
  } catch (const iommusim::app::Interrupted& interrupted) {
    iommusim::app::end_by(interrupted);
  } catch (const std::exception& error) {
    std::cerr << "iommusim: internal error: " << error.what() << '\n';
    return our_defect;
  }
}

int main(int argc, char** argv) {
  iommusim::app::occupy_standard_files();
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  return sc_core::sc_elab_and_sim(argc, argv);
}
