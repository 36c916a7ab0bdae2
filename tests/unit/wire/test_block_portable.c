// The plain C version of wire/block.h passes the same tests.
#define BLOCK_PORTABLE
#include "test_block.c"
