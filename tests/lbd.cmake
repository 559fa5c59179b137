foreach(part lbd_core lbd_control)
  include(${CMAKE_CURRENT_LIST_DIR}/${part}.cmake OPTIONAL)
endforeach()
tandem_test(lbd_engine LABEL unit ENGINES
  SOURCES unit/lbd/engine/loop_test.cpp unit/lbd/engine/pool_test.cpp unit/lbd/engine/socket_faults.cpp
          unit/lbd/engine/socket_flow_test.cpp unit/lbd/engine/socket_test.cpp unit/lbd/engine/task_test.cpp unit/lbd/engine/timer_wheel_test.cpp
  DEPS tandem_lbd_engine dl)
tandem_test(lbd_proxy LABEL integration ENGINES
  SOURCES integration/lbd/fault_test.cpp integration/lbd/http_test.cpp integration/lbd/policy_test.cpp integration/lbd/proxy_fixture.cpp
          integration/lbd/tcp_test.cpp support/tcp_peer.cpp
  DEPS tandem_lbd_proxy)
tandem_test(lbd_allocation LABEL integration ENGINES
  SOURCES integration/lbd/allocation_test.cpp integration/lbd/proxy_fixture.cpp support/tcp_peer.cpp
  DEPS tandem_lbd_proxy)

# Not a test: tests/bench/run prints what it measures.
add_executable(tandem-bench-pick bench/pick.cpp)
target_link_libraries(tandem-bench-pick PRIVATE tandem_lbd_core)
