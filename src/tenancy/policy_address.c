/*
 * tenancy/policy_address.c
 *		Addresses and ranges of addresses, IPv4 and IPv6, and sets of them.
 *
 * Notes: inet_pton() reads an address strictly, as inet_in() does not: 010.0.0.1 is
 * ten to the one and eight to the other, so it is refused.
 */
#include "postgres.h"
#include "core/compat.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "tenancy/policy_address.h"

#define MAX_TEXT_BYTES 63
#define IPV4 4
#define IPV6 6

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Of an address as inet_pton() wrote it, with IPv4-mapped ones as IPv4. */
typedef struct Network
{
	int family;
	uint8_t bytes[16];
	int bits;	/* of the prefix */
	int length; /* of the address in bits */
} Network;

/* A prefix as people write it: 0 to 128 without leading zeros; -1 for anything else. */
static int
prefix_length(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > 3 || strspn(text, "0123456789") != length)
		return -1;
	if (length > 1 && text[0] == '0')
		return -1;
	return (int) strtol(text, NULL, 10);
}

static bool
read_network(const char *text, const char *prefix, Network *network)
{
	*network = (Network){0};
	if (inet_pton(AF_INET, text, network->bytes) == 1)
	{
		network->family = IPV4;
		network->length = 32;
	}
	else if (inet_pton(AF_INET6, text, network->bytes) == 1)
	{
		network->family = IPV6;
		network->length = 128;
	}
	else
		return false;

	network->bits = prefix == NULL ? network->length : prefix_length(prefix);
	return network->bits >= 0 && network->bits <= network->length;
}

static void
unmap(Network *network)
{
	int mapped_bits = 8 * (int) sizeof(mapped_prefix);

	if (network->family != IPV6 || network->bits < mapped_bits ||
		memcmp(network->bytes, mapped_prefix, sizeof(mapped_prefix)) != 0)
		return;
	memmove(network->bytes, network->bytes + sizeof(mapped_prefix), 4);
	memset(network->bytes + 4, 0, sizeof(network->bytes) - 4);
	network->family = IPV4;
	network->length = 32;
	network->bits -= mapped_bits;
}

/* The first and the last address of the network; false when a bit behind the prefix is set. */
static bool
fill_range(const Network *network, MtAddressRange *range)
{
	memset(range, 0, sizeof(*range));
	range->first[0] = range->last[0] = (uint8_t) network->family;
	for (int i = 0; i < network->length / 8; i++)
	{
		int kept = Min(Max(network->bits - 8 * i, 0), 8);
		uint8_t host_bits = (uint8_t) (0xff >> kept);

		if (network->bytes[i] & host_bits)
			return false;
		range->first[i + 1] = network->bytes[i];
		range->last[i + 1] = network->bytes[i] | host_bits;
	}
	return true;
}

const char *
mt_address_read(const char *text, MtAddressForm form, MtAddressRange *range)
{
	char address[MAX_TEXT_BYTES + 1];
	const char *slash = strchr(text, '/');
	const char *prefix = slash == NULL ? NULL : slash + 1;
	Network network;

	if (form == MT_ADDRESS_ALONE && slash != NULL)
		return "an address without a prefix";
	if (form == MT_ADDRESS_RANGE && slash == NULL)
		return "a range of addresses with its prefix (CIDR)";
	if (strlen(text) > MAX_TEXT_BYTES)
		return "an IPv4 or IPv6 address";
	strlcpy(address, text, slash == NULL ? sizeof(address) : (size_t) (slash - text) + 1);
	if (!read_network(address, prefix, &network))
		return "an IPv4 or IPv6 address";
	unmap(&network);
	if (!fill_range(&network, range))
		return "a range without bits set behind the prefix";
	return NULL;
}

static int
compare_ranges(const void *left, const void *right)
{
	return memcmp(((const MtAddressRange *) left)->first, ((const MtAddressRange *) right)->first,
				  MT_ADDRESS_BYTES);
}

void
mt_addresses_compile(MtPolicyAddresses *addresses)
{
	MtAddressRange *ranges = addresses->ranges;
	int count = 0;

	if (addresses->count == 0)
		return;
	qsort(ranges, addresses->count, sizeof(MtAddressRange), compare_ranges);
	for (int i = 1; i < addresses->count; i++)
	{
		if (memcmp(ranges[i].first, ranges[count].last, MT_ADDRESS_BYTES) > 0)
			ranges[++count] = ranges[i];
		else if (memcmp(ranges[i].last, ranges[count].last, MT_ADDRESS_BYTES) > 0)
			memcpy(ranges[count].last, ranges[i].last, MT_ADDRESS_BYTES);
	}
	addresses->count = count + 1;
}

bool
mt_addresses_hold(const MtPolicyAddresses *addresses, const MtAddressRange *address)
{
	int low = 0;
	int high = addresses->count; /* the first range that begins after the address */

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (memcmp(addresses->ranges[middle].first, address->first, MT_ADDRESS_BYTES) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 &&
		   memcmp(addresses->ranges[low - 1].last, address->first, MT_ADDRESS_BYTES) >= 0;
}
