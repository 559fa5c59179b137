# Compiler, linker and dependency settings that hold for every target.

# From CMake 3.30 on Boost is found by its own description of itself, not by a module of CMake's.
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBNL REQUIRED IMPORTED_TARGET libnl-3.0 libnl-route-3.0)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_SOURCE_DIR}/cmake/ccache-launcher ${CCACHE_PROGRAM} ${CMAKE_SOURCE_DIR})
endif()

# Two cores: links of big test programs in parallel would only swap places.
set_property(GLOBAL PROPERTY JOB_POOLS link=1)
set(CMAKE_JOB_POOL_LINK link)

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Wrong warnings of GCC 12: about freed coroutine frames, and about inlined std::string assignments at -O2.
  add_compile_options(-Wno-mismatched-new-delete -Wno-restrict)
endif()
option(TANDEM_WERROR "Warnings are errors" ON)
if(TANDEM_WERROR)
  add_compile_options(-Werror)
endif()

find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM AND NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  add_link_options(-fuse-ld=lld)
endif()

set(TANDEM_SANITIZE "" CACHE STRING "Sanitizers: 'address,undefined' or 'thread'")
if(TANDEM_SANITIZE)
  add_compile_options(-fsanitize=${TANDEM_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TANDEM_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Its check of function types cannot be assembled together with coroutines (clang 14).
    add_compile_options(-fno-sanitize=function)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND TANDEM_SANITIZE MATCHES "thread")
    # GCC warns of Asio's memory fences, which TSan does not model, and wrongly of copied constants.
    add_compile_options(-Wno-tsan -Wno-maybe-uninitialized)
  endif()
  # Asio's frame cache would hide leaks and use-after-free of coroutine frames.
  add_compile_definitions(BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
endif()

# One definition for every target of a program (ODR): Asio's bodies are compiled once, in common/io/asio_impl.cpp.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
