tandem_test(lbd_core_http1 LABEL unit
  SOURCES
    unit/lbd/core/chunked_test.cpp
    unit/lbd/core/edits_test.cpp
    unit/lbd/core/field_id_test.cpp
    unit/lbd/core/head_error_test.cpp
    unit/lbd/core/head_pieces_test.cpp
    unit/lbd/core/replies_test.cpp
    unit/lbd/core/request_parser_test.cpp
    unit/lbd/core/request_rewrite_test.cpp
    unit/lbd/core/response_parser_test.cpp
    unit/lbd/core/response_rewrite_test.cpp
    unit/lbd/core/rewrite_property_test.cpp
    unit/lbd/core/scan_test.cpp
    unit/lbd/core/session_end_test.cpp
  DEPS tandem_lbd_core)

tandem_test(lbd_core_policy LABEL unit
  SOURCES
    unit/lbd/core/balancer_test.cpp
    unit/lbd/core/cookie_test.cpp
    unit/lbd/core/health_fsm_test.cpp
    unit/lbd/core/retry_test.cpp
    unit/lbd/core/router_test.cpp
    unit/lbd/core/source_table_test.cpp
  DEPS tandem_lbd_core)

foreach(harness request_head response_head rewrite chunked cookie routing)
  tandem_fuzz(lbd_${harness}
    SOURCES fuzz/lbd/fuzz_${harness}.cpp
    DEPS tandem_lbd_core
    CORPUS ${CMAKE_SOURCE_DIR}/tests/fuzz/lbd/corpus/${harness})
endforeach()
