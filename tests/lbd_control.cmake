tandem_test(lbd_control LABEL unit
  SOURCES unit/lbd/control/access_log_format_test.cpp unit/lbd/control/backend_board_test.cpp
          unit/lbd/control/cookie_key_ring_test.cpp unit/lbd/control/id_registry_test.cpp
          unit/lbd/control/override_test.cpp unit/lbd/control/probe_reply_test.cpp unit/lbd/control/pulse_test.cpp
          unit/lbd/control/readiness_test.cpp unit/lbd/control/rule_check_test.cpp
          unit/lbd/control/snapshot_builder_test.cpp
          unit/lbd/control/sticky_sync_test.cpp
  DEPS tandem_lbd_control)
tandem_test(lbd_control_io LABEL integration
  SOURCES integration/lbd_control/control_sink_test.cpp integration/lbd_control/health_checker_test.cpp
          integration/lbd_control/listen_sockets_test.cpp integration/lbd_control/scripted_backend.cpp
  DEPS tandem_lbd_control)
tandem_test(lbd_daemon LABEL integration ENGINES
  SOURCES integration/lbd_control/lbd_process.cpp integration/lbd_control/lbd_test.cpp
          integration/lbd_control/scripted_backend.cpp
  DEPS tandem_io tandem_base nlohmann_json::nlohmann_json)
target_compile_definitions(test_lbd_daemon PRIVATE LBD_BINARY="$<TARGET_FILE:lbd>")
add_dependencies(test_lbd_daemon lbd)
tandem_fuzz(lbd_probe_reply SOURCES fuzz/lbd_control/probe_reply_fuzz.cpp DEPS tandem_lbd_control
  CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/lbd_control/corpus_probe_reply)
tandem_fuzz(lbd_replicated SOURCES fuzz/lbd_control/replicated_fuzz.cpp DEPS tandem_lbd_control
  CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/lbd_control/corpus_replicated)
