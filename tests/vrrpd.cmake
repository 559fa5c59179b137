tandem_test(vrrpd_core LABEL unit
  SOURCES unit/vrrpd/packet_test.cpp unit/vrrpd/packet_v2_v6_test.cpp unit/vrrpd/addresses_test.cpp
          unit/vrrpd/fsm_table_test.cpp unit/vrrpd/fsm_timing_test.cpp unit/vrrpd/fsm_lateness_test.cpp unit/vrrpd/votes_test.cpp
          unit/vrrpd/fsm_clauses_test.cpp unit/vrrpd/packet_clauses_test.cpp unit/vrrpd/seal_test.cpp
          unit/vrrpd/virtual_router_test.cpp unit/vrrpd/announce_schedule_test.cpp unit/vrrpd/virtual_mac_test.cpp
          unit/vrrpd/sync_group_test.cpp unit/vrrpd/tracking_test.cpp unit/vrrpd/move_test.cpp unit/vrrpd/hook_queue_test.cpp
          unit/vrrpd/restore_pace_test.cpp
  DEPS tandem_vrrpd_core)
tandem_test(vrrpd_io LABEL unit
  SOURCES unit/vrrpd/alarm_clock_test.cpp unit/vrrpd/lbd_watch_test.cpp unit/vrrpd/release_test.cpp
          unit/vrrpd/witness_prober_test.cpp unit/vrrpd/advert_seal_test.cpp unit/vrrpd/maintenance_test.cpp
          unit/vrrpd/explain_test.cpp unit/vrrpd/status_json_test.cpp
  DEPS tandem_vrrpd_io)
tandem_test(vrrpd_programs LABEL unit
  SOURCES unit/vrrpd/programs_test.cpp
  DEPS tandem_vrrp_programs TIMEOUT 60)
tandem_test(vrrpd_pair LABEL sim
  SOURCES sim/vrrpd/pair_test.cpp sim/vrrpd/simulation.cpp
  DEPS tandem_vrrpd_core)
tandem_test(vrrpd_split LABEL sim
  SOURCES sim/vrrpd/split_test.cpp sim/vrrpd/simulation.cpp
  DEPS tandem_vrrpd_core)
tandem_test(vrrpd_storm LABEL sim
  SOURCES sim/vrrpd/storm_test.cpp sim/vrrpd/invariants.cpp sim/vrrpd/simulation.cpp
  DEPS tandem_vrrpd_core)
tandem_test(vrrpd_cluster LABEL sim
  SOURCES sim/vrrpd/cluster_test.cpp sim/vrrpd/cluster.cpp
  DEPS tandem_vrrpd_core)
tandem_test(vrrpd_groups LABEL sim
  SOURCES sim/vrrpd/groups_test.cpp sim/vrrpd/groups.cpp
  DEPS tandem_vrrpd_core)
tandem_fuzz(vrrp_packet
  SOURCES fuzz/vrrpd/packet_fuzz.cpp
  DEPS tandem_vrrpd_io
  CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/vrrpd/corpus)
tandem_fuzz(vrrp_heartbeat
  SOURCES fuzz/vrrpd/heartbeat_fuzz.cpp
  DEPS tandem_vrrpd_core
  CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/vrrpd/corpus_heartbeat)
tandem_test(vrrpd_handover LABEL integration
  SOURCES integration/vrrpd/handover_test.cpp
  DEPS tandem_vrrpd_io TIMEOUT 60)
tandem_test(vrrpd_netlink LABEL integration
  SOURCES integration/vrrpd/netlink_test.cpp
  DEPS tandem_vrrpd_io TIMEOUT 60)
set_tests_properties(integration.vrrpd_handover integration.vrrpd_netlink PROPERTIES SKIP_RETURN_CODE 77)

# tandem_pair_test(LABEL.NAME script timeout [arguments…]): real vrrpd in network namespaces. Time is measured: nothing else may
# run beside it.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
function(tandem_pair_test name script timeout)
  string(REGEX REPLACE "\\..*" "" label ${name})
  add_test(NAME ${name}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/integration/vrrpd/${script}_test.py ${ARGN})
  set_tests_properties(${name} PROPERTIES
    LABELS ${label} RUN_SERIAL ON SKIP_RETURN_CODE 77 TIMEOUT ${timeout}
    ENVIRONMENT "TANDEM_BIN=$<TARGET_FILE_DIR:vrrpd>;PYTHONUNBUFFERED=1;PYTHONDONTWRITEBYTECODE=1")
endfunction()

# The time limits leave room for cases that are measured again, because the machine stood still.
tandem_pair_test(integration.vrrpd_pair pair 300)
tandem_pair_test(integration.vrrpd_families families 300)
tandem_pair_test(integration.vrrpd_virtual_mac virtual_mac 400)
tandem_pair_test(integration.vrrpd_moves moves 200)
tandem_pair_test(integration.vrrpd_groups groups 300)
tandem_pair_test(integration.vrrpd_clauses clauses 200)
tandem_pair_test(integration.vrrpd_many many 200)
# In the house of another: keepalived's is the reference that everybody runs.
tandem_pair_test(system.vrrpd_keepalived keepalived 500)
# Not with sanitizers: they have an allocator of their own, and must come first.
if(NOT TANDEM_SANITIZE)
  add_library(advert_turns MODULE tools/advert_turns.cpp)
  target_link_libraries(advert_turns PRIVATE ${CMAKE_DL_LIBS})
  tandem_pair_test(integration.vrrpd_advert_path advert_path 200 $<TARGET_FILE:advert_turns>)
endif()
add_executable(tandem-bench-adverts bench/adverts.cpp)
target_include_directories(tandem-bench-adverts PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(tandem-bench-adverts PRIVATE tandem_vrrpd_io)
