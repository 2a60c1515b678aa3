/*
 * tenancy/policy_address.h
 *		Addresses and ranges of addresses, IPv4 and IPv6, and sets of them.
 *
 * An IPv4-mapped IPv6 address (::ffff:1.2.3.4, RFC 4291 section 2.5.5.2) is the IPv4
 * address, and a range within ::ffff:0:0/96 the IPv4 range.  Apart from that the two
 * families are apart: ::/0 holds no IPv4 address.
 */
#ifndef MT_POLICY_ADDRESS_H
#define MT_POLICY_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define MT_ADDRESS_BYTES 17 /* the family and as many bytes of address as IPv6 has */

/* Both ends belong to it.  Bytes compare as addresses do. */
typedef struct MtAddressRange
{
	uint8_t first[MT_ADDRESS_BYTES];
	uint8_t last[MT_ADDRESS_BYTES];
} MtAddressRange;

typedef struct MtPolicyAddresses
{
	int count;
	MtAddressRange *ranges; /* in order, none touching another */
} MtPolicyAddresses;

typedef enum MtAddressForm
{
	MT_ADDRESS_ALONE,	 /* 192.0.2.1 */
	MT_ADDRESS_RANGE,	 /* 192.0.2.0/24 */
	MT_ADDRESS_OR_RANGE, /* either */
} MtAddressForm;

/*
 * Read one.  NULL, or what is wrong with it, for "must be …": four decimal numbers
 * without leading zeros, RFC 4291 section 2.2 for IPv6 without a zone, and no bit set
 * behind the prefix.
 */
extern const char *mt_address_read(const char *text, MtAddressForm form, MtAddressRange *range);

/* Sorts the ranges in place and joins those that overlap. */
extern void mt_addresses_compile(MtPolicyAddresses *addresses);

/* Whether a compiled set holds the address. */
extern bool mt_addresses_hold(const MtPolicyAddresses *addresses, const MtAddressRange *address);

#endif /* MT_POLICY_ADDRESS_H */
