tandem_test(lbctl LABEL unit
  SOURCES unit/lbctl/doctor_test.cpp unit/lbctl/field_test.cpp unit/lbctl/firewall_test.cpp unit/lbctl/firewall_legacy_test.cpp
           unit/lbctl/grammar_test.cpp unit/lbctl/host_tables_test.cpp unit/lbctl/init_test.cpp unit/lbctl/metrics_text_test.cpp
          unit/lbctl/network_manager_test.cpp unit/lbctl/peer_report_test.cpp
          unit/lbctl/problems_test.cpp unit/lbctl/render_test.cpp unit/lbctl/status_screen_test.cpp
          unit/lbctl/table_test.cpp
  DEPS tandem_lbctl tandem_metrics)
tandem_test(lbctl_program LABEL integration
  SOURCES integration/lbctl/admin_test.cpp integration/lbctl/check_test.cpp integration/lbctl/events_test.cpp
          integration/lbctl/init_test.cpp integration/lbctl/pair.cpp integration/lbctl/program.cpp integration/lbctl/status_test.cpp
  DEPS tandem_io nlohmann_json::nlohmann_json)
target_compile_definitions(test_lbctl_program PRIVATE TANDEM_LBCTL="$<TARGET_FILE:lbctl>")
add_dependencies(test_lbctl_program lbctl)
target_compile_definitions(test_lbctl_program PRIVATE
  TANDEM_PACKAGED_CONFIG="${CMAKE_SOURCE_DIR}/packaging/tandem.json")

# What lbctl prints for other programs, tried with these: shells, a validator, mandoc.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
foreach(test completion manual schema)
  add_test(NAME integration.lbctl_${test} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/cli/${test}.py)
  set_tests_properties(integration.lbctl_${test} PROPERTIES
    LABELS integration SKIP_RETURN_CODE 77 TIMEOUT 120
    ENVIRONMENT "TANDEM_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONDONTWRITEBYTECODE=1")
endforeach()
