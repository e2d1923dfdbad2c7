/* SPDX-License-Identifier: GPL-2.0-only */
/* A circular doubly linked list whose links live in the elements. */
#ifndef SHOJI_LIB_LIST_H
#define SHOJI_LIB_LIST_H

#include "lib/types.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert(struct list *l, struct list *before)
{
	l->next = before;
	l->prev = before->prev;
	before->prev->next = l;
	before->prev = l;
}

static inline void list_add_tail(struct list *l, struct list *head)
{
	list_insert(l, head);
}

static inline void list_add_head(struct list *l, struct list *head)
{
	list_insert(l, head->next);
}

/* Leaves l empty, so that a second removal does no harm. */
static inline void list_del(struct list *l)
{
	l->next->prev = l->prev;
	l->prev->next = l->next;
	list_init(l);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first(head, type, member) \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))
/* The entry at this link; NULL where the list ends. */
#define list_at(ptr, head, type, member) ((ptr) == (head) ? NULL : list_entry(ptr, type, member))
/* pos is NULL when the loop has come to its end. */
#define list_for_each(pos, head, member)                                                     \
	for ((pos) = list_at((head)->next, head, __typeof__(*(pos)), member); (pos) != NULL; \
	     (pos) = list_at((pos)->member.next, head, __typeof__(*(pos)), member))
#define list_for_each_safe(pos, tmp, head, member)                                          \
	for ((pos) = list_at((head)->next, head, __typeof__(*(pos)), member);               \
	     (pos) != NULL &&                                                               \
	     ((tmp) = list_at((pos)->member.next, head, __typeof__(*(pos)), member), true); \
	     (pos) = (tmp))

#endif
