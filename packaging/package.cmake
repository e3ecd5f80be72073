# The Debian packages stockd and stockd-dev (cpack -G DEB; script/package does all of it).
set(STOCKD_MAINTAINER "The stockd authors <stockd@packages.debian.org>" CACHE STRING
    "Who made these packages: Name <address>")
set(STOCKD_PACKAGE_RELEASE 1 CACHE STRING "The package's revision of this version")
string(TIMESTAMP STOCKD_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(debian/changelog.in changelog.Debian @ONLY)

# packed(FILE AS NAME DIRECTORY [COMPONENT]): compressed as the policy asks for, without a time in it.
find_program(GZIP gzip REQUIRED)
set(packed_dir ${CMAKE_CURRENT_BINARY_DIR}/packed)
function(packed file name directory component)
    get_filename_component(base ${file} NAME)
    set(made ${packed_dir}/${component}/${name}.gz)
    file(MAKE_DIRECTORY ${packed_dir}/${component})
    add_custom_command(OUTPUT ${made} COMMAND ${GZIP} -9nc ${file} > ${made} DEPENDS ${file} VERBATIM)
    string(MAKE_C_IDENTIFIER "packed_${component}_${name}" target)
    add_custom_target(${target} ALL DEPENDS ${made})
    install(FILES ${made} DESTINATION ${directory} COMPONENT ${component})
endfunction()

packed(${pages_dir}/stockctl.1 stockctl.1 ${CMAKE_INSTALL_MANDIR}/man1 Unspecified)
packed(${pages_dir}/stockd.conf.5 stockd.conf.5 ${CMAKE_INSTALL_MANDIR}/man5 Unspecified)
packed(${pages_dir}/stockd.8 stockd.8 ${CMAKE_INSTALL_MANDIR}/man8 Unspecified)
packed(${pages_dir}/stockd-plugin.7 stockd-plugin.7 ${CMAKE_INSTALL_MANDIR}/man7 sdk)
packed(${pages_dir}/stockd-plugin-check.1 stockd-plugin-check.1 ${CMAKE_INSTALL_MANDIR}/man1 sdk)
foreach(component Unspecified sdk)
    set(doc ${CMAKE_INSTALL_DATADIR}/doc/stockd)
    set(package stockd)
    if(component STREQUAL sdk)
        set(doc ${doc}-dev)
        set(package stockd-dev)
    endif()
    packed(${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian changelog.Debian ${doc} ${component})
    packed(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog ${doc} ${component})
    install(FILES debian/copyright DESTINATION ${doc} COMPONENT ${component})
    install(FILES lintian-overrides/${package} DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
        COMPONENT ${component})
endforeach()

install(FILES ${pages_dir}/stockctl.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME stockctl)
install(FILES ${pages_dir}/_stockctl DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/stockd.service ${CMAKE_CURRENT_BINARY_DIR}/stockd@.service
    DESTINATION lib/systemd/system)
install(FILES ${PROJECT_SOURCE_DIR}/conf.d/10-stockd.yaml DESTINATION /etc/stockd/conf.d)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME stockd)
set(CPACK_PACKAGE_VENDOR stockd)
set(CPACK_PACKAGE_CONTACT "${STOCKD_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL Unspecified sdk)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${STOCKD_PACKAGE_RELEASE})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_NAME stockd)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_SECTION net)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.51), ca-certificates")
set(CPACK_DEBIAN_UNSPECIFIED_DESCRIPTION "keeps a seller's stock true on every marketplace
A daemon that is told what a seller has, computes what each marketplace should
show, sends it within that marketplace's limits, and reads back what it cannot
be sure of. Ozon, Wildberries, Allegro and Wix come with it as plugins.

stockctl is its command line.")
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_CONTROL_EXTRA
    "${CMAKE_CURRENT_SOURCE_DIR}/debian/postinst;${CMAKE_CURRENT_SOURCE_DIR}/debian/prerm;${CMAKE_CURRENT_SOURCE_DIR}/debian/postrm;${CMAKE_CURRENT_SOURCE_DIR}/debian/conffiles")

set(CPACK_DEBIAN_SDK_PACKAGE_NAME stockd-dev)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_SDK_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SDK_PACKAGE_RECOMMENDS "pkgconf | pkg-config, libjansson-dev")
set(CPACK_DEBIAN_SDK_PACKAGE_SUGGESTS stockd)
set(CPACK_DEBIAN_SDK_DESCRIPTION "plugins for stockd: header, template and conformance tool
What a plugin that teaches stockd a marketplace is written against: the header
that is the interface and its manual, a whole plugin to begin from, a host for
tests that needs no daemon, and stockd-plugin-check.")
include(CPack)
