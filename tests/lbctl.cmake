tandem_test(lbctl LABEL unit
  SOURCES unit/lbctl/field_test.cpp unit/lbctl/grammar_test.cpp unit/lbctl/metrics_text_test.cpp
          unit/lbctl/problems_test.cpp unit/lbctl/render_test.cpp unit/lbctl/status_screen_test.cpp
          unit/lbctl/table_test.cpp
  DEPS tandem_lbctl tandem_metrics)
tandem_test(lbctl_program LABEL integration
  SOURCES integration/lbctl/admin_test.cpp integration/lbctl/check_test.cpp integration/lbctl/events_test.cpp
          integration/lbctl/pair.cpp integration/lbctl/program.cpp integration/lbctl/status_test.cpp
  DEPS tandem_io nlohmann_json::nlohmann_json)
target_compile_definitions(test_lbctl_program PRIVATE TANDEM_LBCTL="$<TARGET_FILE:lbctl>")
add_dependencies(test_lbctl_program lbctl)
