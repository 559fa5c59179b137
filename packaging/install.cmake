# Where everything lands on a host: `cmake --install`, which a package would use, too.
include(GNUInstallDirs)

install(TARGETS lbd vrrpd syncd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS lbctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/tandem.json DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/tandem)
install(FILES packaging/systemd/tandem.target packaging/systemd/tandem-lbd.service
              packaging/systemd/tandem-vrrpd.service packaging/systemd/tandem-syncd.service
        DESTINATION lib/systemd/system)
install(FILES packaging/sysusers/tandem-lb.conf DESTINATION lib/sysusers.d)
install(FILES packaging/tmpfiles/tandem-lb.conf DESTINATION lib/tmpfiles.d)
install(FILES man/lbd.8 man/vrrpd.8 man/syncd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES doc/example/tandem.json doc/example/pair.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tandem-lb/examples)
