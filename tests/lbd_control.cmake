tandem_test(lbd_control LABEL unit
  SOURCES unit/lbd/control/access_log_format_test.cpp unit/lbd/control/backend_board_test.cpp
          unit/lbd/control/cookie_key_ring_test.cpp unit/lbd/control/id_registry_test.cpp
          unit/lbd/control/override_test.cpp unit/lbd/control/probe_reply_test.cpp
          unit/lbd/control/readiness_test.cpp unit/lbd/control/snapshot_builder_test.cpp
          unit/lbd/control/sticky_sync_test.cpp
  DEPS tandem_lbd_control)
