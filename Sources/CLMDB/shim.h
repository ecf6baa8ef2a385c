#ifndef LATCHKEY_CLMDB_SHIM_H
#define LATCHKEY_CLMDB_SHIM_H

#include <lmdb.h>

#endif
