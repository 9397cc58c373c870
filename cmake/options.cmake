# SPDX-License-Identifier: Apache-2.0
# iommusim_options: what every target of ours compiles with.
add_library(iommusim_options INTERFACE)
target_include_directories(iommusim_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/models)
target_compile_options(iommusim_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(IOMMUSIM_WERROR)
  target_compile_options(iommusim_options INTERFACE -Werror)
endif()
if(IOMMUSIM_SANITIZE)
  target_compile_options(iommusim_options INTERFACE
    -fsanitize=${IOMMUSIM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # Instrumented code hides from the compiler what it initialises.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(iommusim_options INTERFACE -fsanitize=${IOMMUSIM_SANITIZE})
endif()
if(IOMMUSIM_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "IOMMUSIM_FUZZ needs clang's libFuzzer: -DCMAKE_CXX_COMPILER=clang++")
  endif()
  target_compile_options(iommusim_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# iommusim_cold: for sources in which no time is spent: they compile a quarter faster.
add_library(iommusim_cold INTERFACE)
target_compile_options(iommusim_cold INTERFACE $<$<CONFIG:Release>:-O1>)

# iommusim_pure: for targets that must not know SystemC. Its headers lie in the system include path,
# so the compiler is told to refuse its names instead.
add_library(iommusim_pure INTERFACE)
target_link_libraries(iommusim_pure INTERFACE iommusim_options)
target_compile_options(iommusim_pure INTERFACE -include ${PROJECT_SOURCE_DIR}/cmake/refuse_systemc.h)

# iommusim_systemc: for targets that keep time. TLM's headers are the
# system's, so our warnings do not apply to them.
add_library(iommusim_systemc INTERFACE)
target_link_libraries(iommusim_systemc INTERFACE SystemC::systemc)
target_compile_definitions(iommusim_systemc INTERFACE SC_INCLUDE_DYNAMIC_PROCESSES)
