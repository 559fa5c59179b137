# tandem_library(NAME  SOURCES a.cpp …  [DEPS …] [NO_PCH])
#   A static library, one per layer; includes are always written from the project's root.
# tandem_daemon(NAME  SOURCES main.cpp …  DEPS …)
#   A program that lands in <build>/bin.
# tandem_test(NAME  LABEL unit|sim|integration  SOURCES … DEPS … [TIMEOUT seconds] [ENGINES])
#   A doctest program, registered with ctest as LABEL.NAME; with ENGINES it runs with epoll, and as
#   LABEL.NAME.io_uring with io_uring (tests/support/engine.hpp), which is skipped where that cannot be had.
# tandem_fuzz(NAME  SOURCES … DEPS …  CORPUS dir)
#   A libFuzzer target with clang and TANDEM_FUZZ; everywhere else the same harness replays
#   the corpus, registered with ctest as fuzz.NAME.

set(TANDEM_BASE_PCH ${CMAKE_SOURCE_DIR}/common/base/pch.hpp)

function(tandem_library name)
  cmake_parse_arguments(ARG "NO_PCH" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
  if(NOT ARG_NO_PCH)
    target_precompile_headers(${name} PRIVATE ${TANDEM_BASE_PCH})
  endif()
endfunction()

function(tandem_daemon name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
endfunction()

function(tandem_test name)
  cmake_parse_arguments(ARG "ENGINES" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(test_${name} ${ARG_SOURCES} ${CMAKE_SOURCE_DIR}/tests/support/doctest_main.cpp)
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(test_${name} PRIVATE ${ARG_DEPS})
  add_test(NAME ${ARG_LABEL}.${name} COMMAND test_${name})
  set_tests_properties(${ARG_LABEL}.${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
  if(ARG_ENGINES)
    add_test(NAME ${ARG_LABEL}.${name}.io_uring COMMAND test_${name})
    set_tests_properties(${ARG_LABEL}.${name}.io_uring PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
      ENVIRONMENT TANDEM_TEST_ENGINE=io_uring SKIP_RETURN_CODE 77)
  endif()
endfunction()

function(tandem_fuzz name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;DEPS" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCES})
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_DEPS})
  if(TANDEM_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} -max_total_time=60 ${ARG_CORPUS})
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/replay_main.cpp)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${ARG_CORPUS})
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz)
endfunction()
