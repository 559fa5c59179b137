# tandem_bpf_object(NAME [HEADERS...]): compiles NAME.bpf.c of this directory for the kernel by clang, whatever compiles
# the rest, and writes it as a span NAME_object into NAME_object.cpp of the binary directory. NAME_object.hpp declares it.
find_program(BPF_CLANG NAMES clang-14 clang clang-15 clang-16 clang-19 REQUIRED)
if(NOT TARGET PkgConfig::LIBBPF)
  pkg_check_modules(LIBBPF REQUIRED IMPORTED_TARGET GLOBAL libbpf)
endif()

set(BPF_WARNINGS -Wall)
if(TANDEM_WERROR)
  list(APPEND BPF_WARNINGS -Werror)
endif()

function(tandem_bpf_object name)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(embedded ${CMAKE_CURRENT_BINARY_DIR}/${name}_object.cpp)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(script ${CMAKE_SOURCE_DIR}/cmake/EmbedBpf.cmake)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${BPF_CLANG} -O2 -g ${BPF_WARNINGS} -target bpf -I${CMAKE_SOURCE_DIR}
            -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
            -c ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c -o ${object}
    DEPENDS ${name}.bpf.c ${ARGN}
    COMMENT "Compiling ${name}.bpf.c for the kernel")
  add_custom_command(
    OUTPUT ${embedded}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${object} -DOUTPUT=${embedded} -DNAME=${name}_object
            -DHEADER=${folder}/${name}_object.hpp -P ${script}
    DEPENDS ${object} ${script})
endfunction()
