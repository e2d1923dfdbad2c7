/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The balanced tree: order, balance and summaries after every change, against a plain array; and
 * the depth, which is what makes a decision of the scheduler cheap.
 */
/* SOURCES: hypervisor/lib/tree.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/tree.h"

#define MANY 4000

struct item {
	struct tree_node node;
	unsigned int key, order; /* order: when it was inserted */
	unsigned int sum;	 /* summary: of the keys of it and those below */
	bool in;
};

#define item_of(n) container_of(n, struct item, node)

static struct item items[MANY];
static struct tree tree;

static bool before(const struct tree_node *a, const struct tree_node *b)
{
	return item_of(a)->key < item_of(b)->key;
}

static void summarize(struct tree_node *n)
{
	struct item *i = item_of(n);

	i->sum = i->key;
	for (unsigned int side = 0; side < 2; side++)
		if (n->child[side])
			i->sum += item_of(n->child[side])->sum;
}

static const struct tree_kind kind = {before, summarize};

/* Height; and everything that must hold of a subtree. */
static unsigned int check(const struct tree_node *n, const struct tree_node *parent)
{
	unsigned int left, right, sum;

	if (!n)
		return 0;
	assert_ptr_equal(n->parent, parent);
	left = check(n->child[0], n);
	right = check(n->child[1], n);
	assert_true(left <= right + 1 && right <= left + 1);
	assert_int_equal(n->height, 1 + MAX(left, right));
	sum = item_of(n)->key;
	for (unsigned int side = 0; side < 2; side++)
		sum += n->child[side] ? item_of(n->child[side])->sum : 0;
	assert_int_equal(item_of(n)->sum, sum);
	return n->height;
}

static unsigned int count_in_order(void)
{
	const struct tree_node *n = tree_first(&tree), *last = NULL;
	unsigned int count = 0;

	for (; n; last = n, n = tree_next(n), count++) {
		if (!last)
			continue;
		assert_true(item_of(last)->key <= item_of(n)->key);
		if (item_of(last)->key == item_of(n)->key)
			assert_true(item_of(last)->order < item_of(n)->order);
	}
	return count;
}

static void insert(unsigned int i, unsigned int key)
{
	static unsigned int clock;

	items[i].key = key;
	items[i].order = clock++;
	items[i].in = true;
	tree_insert(&tree, &items[i].node);
}

static void remove_item(unsigned int i)
{
	items[i].in = false;
	tree_remove(&tree, &items[i].node);
}

static int start(void **state)
{
	(void)state;
	tree_init(&tree, &kind);
	return 0;
}

static void an_empty_one(void **state)
{
	(void)state;
	assert_null(tree_first(&tree));
	insert(0, 5);
	assert_ptr_equal(tree_first(&tree), &items[0].node);
	assert_null(tree_next(&items[0].node));
	remove_item(0);
	assert_null(tree.root);
}

static void all_small_trees(void **state)
{
	(void)state;
	for (unsigned int shape = 0; shape < 5040; shape++) { /* orders of 7 keys */
		unsigned int left = 7, code = shape, keys[7];

		for (unsigned int i = 0; i < 7; i++)
			keys[i] = i;
		for (unsigned int i = 0; i < 7; i++, left--) {
			unsigned int pick = code % left, key = keys[pick];

			code /= left;
			keys[pick] = keys[left - 1];
			insert(i, key);
			check(tree.root, NULL);
		}
		assert_int_equal(count_in_order(), 7);
		for (unsigned int i = 0; i < 7; i++) {
			remove_item((shape + i * 3) % 7);
			check(tree.root, NULL);
			assert_int_equal(count_in_order(), 6 - i);
		}
	}
}

static void sorted_input_stays_flat(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < MANY; i++)
		insert(i, i);
	assert_true(check(tree.root, NULL) <= 17); /* 1.44 * log2(4000) */
	assert_int_equal(count_in_order(), MANY);
	for (unsigned int i = 0; i < MANY; i++)
		remove_item(i);
	for (unsigned int i = 0; i < MANY; i++)
		insert(i, 7); /* equals: in the order they came */
	assert_true(check(tree.root, NULL) <= 17);
	assert_int_equal(count_in_order(), MANY);
}

static void a_long_mix(void **state)
{
	unsigned int seed = 3, count = 0;

	(void)state;
	for (unsigned int i = 0; i < MANY; i++)
		items[i].in = false;
	for (unsigned int step = 0; step < 60000; step++) {
		unsigned int i = (unsigned int)rand_r(&seed) % 600;

		if (items[i].in)
			remove_item(i);
		else
			insert(i, (unsigned int)rand_r(&seed) % 100);
		count += items[i].in ? 1u : ~0u;
		if (step % 50 == 0) {
			assert_true(check(tree.root, NULL) <= 14);
			assert_int_equal(count_in_order(), count);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_one, start),
		cmocka_unit_test_setup(all_small_trees, start),
		cmocka_unit_test_setup(sorted_input_stays_flat, start),
		cmocka_unit_test_setup(a_long_mix, start),
	};

	return cmocka_run_group_tests_name("hv_tree", tests, NULL, NULL);
}
