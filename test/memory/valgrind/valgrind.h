/* valgrind/valgrind.h: see memcheck.h. */
#include <valgrind/memcheck.h>
