/*
 * core/limits.h
 *		How long may be what more than one module takes, in bytes.
 */
#ifndef MT_LIMITS_H
#define MT_LIMITS_H

#define MT_MAX_SLUG_BYTES 63 /* a DNS label */
#define MT_MAX_ROLE_NAME_BYTES 100
#define MT_MAX_PERMISSION_PART_BYTES 100
#define MT_MAX_PERMISSION_NAME_BYTES (2 * MT_MAX_PERMISSION_PART_BYTES + 1) /* resource:action */
#define MT_MAX_DESCRIPTION_BYTES 4096
#define MT_MAX_REASON_BYTES 1024
#define MT_MAX_NAMES_BYTES 65536 /* an array of names */

#endif /* MT_LIMITS_H */
