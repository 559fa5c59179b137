# The pair on virtual machines (vagrant/).
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

add_test(NAME unit.vagrant_probe COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/vagrant/probe_test.py)
set_tests_properties(unit.vagrant_probe PROPERTIES LABELS unit TIMEOUT 60 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
