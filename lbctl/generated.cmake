# What lbctl says about itself, as files for shells and editors.
set(TANDEM_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)

# FILE is what lbctl prints when it is called with the further words.
function(tandem_generated file)
  string(JOIN " " words ${ARGN})
  add_custom_command(OUTPUT ${TANDEM_GENERATED_DIR}/${file}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${TANDEM_GENERATED_DIR}
    COMMAND sh -c "\"$1\" ${words} > \"$2\"" sh $<TARGET_FILE:lbctl> ${TANDEM_GENERATED_DIR}/${file}
    DEPENDS lbctl VERBATIM COMMENT "Generating ${file}")
  set_property(GLOBAL APPEND PROPERTY TANDEM_GENERATED ${TANDEM_GENERATED_DIR}/${file})
endfunction()

tandem_generated(lbctl.bash completion bash)
tandem_generated(_lbctl completion zsh)
tandem_generated(lbctl.fish completion fish)
tandem_generated(tandem.schema.json schema)
get_property(generated GLOBAL PROPERTY TANDEM_GENERATED)
add_custom_target(lbctl_generated ALL DEPENDS ${generated})

include(GNUInstallDirs)
install(FILES ${TANDEM_GENERATED_DIR}/lbctl.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME lbctl)
# Debian's place; other distributions say site-functions.
set(TANDEM_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions CACHE STRING "Where completions of zsh go")
install(FILES ${TANDEM_GENERATED_DIR}/_lbctl DESTINATION ${TANDEM_ZSH_DIR})
install(FILES ${TANDEM_GENERATED_DIR}/lbctl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${TANDEM_GENERATED_DIR}/tandem.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/tandem)
