/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O ports as guests reach them. */
#ifndef SHOJI_MACHINE_IOPORT_H
#define SHOJI_MACHINE_IOPORT_H

#include "core/vcpu.h"

/* May the guest execute I/O instructions in its present mode (IOPL)? No: #GP. */
bool ioport_allowed(const struct vcpu *v);
/* Ports that the domain does not have read as all ones and swallow what is written. */
uint32_t ioport_read(const struct vcpu *v, uint16_t port, unsigned int bytes);
void ioport_write(const struct vcpu *v, uint16_t port, unsigned int bytes, uint32_t value);

#endif
