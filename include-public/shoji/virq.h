/* SPDX-License-Identifier: MIT */
/*
 * Virtual interrupts: sources inside the hypervisor, bound to ports with EVTCHNOP_bind_virq. Usable
 * from assembly. "vCPU": each vCPU may bind its own (a port per vCPU). "global": one taker, the
 * control domain or the domain it was delegated to (XEN_DOMCTL_set_virq_handler).
 */
#ifndef SHOJI_PUBLIC_VIRQ_H
#define SHOJI_PUBLIC_VIRQ_H

#define VIRQ_TIMER	0  /* vCPU: set_timer_op, singleshot or periodic timer fired */
#define VIRQ_DEBUG	1  /* vCPU: somebody asked for a state dump */
#define VIRQ_CONSOLE	2  /* global: input waits for CONSOLEIO_read */
#define VIRQ_DOM_EXC	3  /* global: a domain shut down, crashed or is gone */
#define VIRQ_TBUF	4  /* global: trace records are waiting */
#define VIRQ_DEBUGGER	6  /* global: a domain stopped for its debugger */
#define VIRQ_XENOPROF	7  /* vCPU: unused here */
#define VIRQ_CON_RING	8  /* global: the hypervisor's log grew */
#define VIRQ_PCPU_STATE 9  /* global: a processor came or went */
#define VIRQ_MEM_EVENT	10 /* global: unused here */
#define VIRQ_ARGO	11 /* global: unused here */
#define VIRQ_ENOMEM	12 /* global: free memory is low */
#define VIRQ_XENPMU	13 /* vCPU: unused here */
#define VIRQ_ARCH_0	16 /* global: machine check (x86) */
#define VIRQ_ARCH_1	17
#define VIRQ_ARCH_2	18
#define VIRQ_ARCH_3	19
#define VIRQ_ARCH_4	20
#define VIRQ_ARCH_5	21
#define VIRQ_ARCH_6	22
#define VIRQ_ARCH_7	23
#define NR_VIRQS	24

#endif
