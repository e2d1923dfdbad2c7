/* SPDX-License-Identifier: GPL-2.0-only */
/* SHOJI_BUILD_DATE and SHOJI_CHANGESET come from the Makefile (git's own date and id). */
#include "core/build_info.h"

#ifndef SHOJI_BUILD_DATE
#define SHOJI_BUILD_DATE "unknown"
#endif
#ifndef SHOJI_CHANGESET
#define SHOJI_CHANGESET "unknown"
#endif

const char build_compiler[] = "gcc " __VERSION__;
const char build_date[] = SHOJI_BUILD_DATE;
const char build_changeset[] = SHOJI_CHANGESET;
