/* SPDX-License-Identifier: GPL-2.0-only */
/* When and by what this binary was made (core/build_info.c, the only file that changes per build).
 */
#ifndef SHOJI_CORE_BUILD_INFO_H
#define SHOJI_CORE_BUILD_INFO_H

#define SHOJI_VERSION "0.1"

extern const char build_compiler[], build_date[], build_changeset[];

#endif
