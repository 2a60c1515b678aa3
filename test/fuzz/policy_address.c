/*
 * test/fuzz/policy_address.c
 *		tenancy/policy_address: each line against RFC 3986's grammar of an address; the set
 *		of all of them against a search through the list.
 */
#include "backend.h"

#include "tenancy/policy_address.c"

#define MAX_LISTED 64

/* RFC 3986, section 3.2.2: h16, ls32 and so on */
#define H "[0-9A-Fa-f]{1,4}"
#define HC "(" H ":)"
#define OCTET "([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
#define V4 "(" OCTET "(\\." OCTET "){3})"
#define LS32 "(" H ":" H "|" V4 ")"
#define V6                                                                                        \
	"(" HC "{6}" LS32 "|::" HC "{5}" LS32 "|(" H ")?::" HC "{4}" LS32 "|(" HC "{0,1}" H ")?::" HC \
	"{3}" LS32 "|(" HC "{0,2}" H ")?::" HC "{2}" LS32 "|(" HC "{0,3}" H ")?::" HC LS32 "|(" HC    \
	"{0,4}" H ")?::" LS32 "|(" HC "{0,5}" H ")?::" H "|(" HC "{0,6}" H ")?::)"

static Grammar ipv4 = {.pattern = "^" V4 "(/([0-9]|[12][0-9]|3[0-2]))?$"};
static Grammar ipv6 = {.pattern = "^" V6 "(/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?$"};

/* What was read, as it was written: the address in 128 bits, IPv4 as mapped. */
typedef struct Listed
{
	uint8_t bytes[16];
	int bits;
	bool is_ipv4;
} Listed;

static Listed
read_again(const char *text)
{
	char *address = fuzz_string(text, strcspn(text, "/"));
	const char *slash = strchr(text, '/');
	Listed listed = {.bits = 128};

	listed.is_ipv4 = strchr(address, ':') == NULL;
	if (slash != NULL)
		listed.bits = atoi(slash + 1) + (listed.is_ipv4 ? 96 : 0);
	if (listed.is_ipv4)
		address = psprintf("::ffff:%s", address);
	must(inet_pton(AF_INET6, address, listed.bytes) == 1);
	if (listed.bits >= 96 && memcmp(listed.bytes, mapped_prefix, 12) == 0)
		listed.is_ipv4 = true;
	return listed;
}

static bool
bit_of(const uint8_t *bytes, int bit)
{
	return (bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

static bool
covers(const Listed *range, const Listed *address)
{
	if (range->is_ipv4 != address->is_ipv4)
		return false;
	for (int bit = 0; bit < range->bits; bit++)
	{
		if (bit_of(range->bytes, bit) != bit_of(address->bytes, bit))
			return false;
	}
	return true;
}

static bool
has_bits_behind_prefix(const Listed *listed)
{
	for (int bit = listed->bits; bit < 128; bit++)
	{
		if (bit_of(listed->bytes, bit))
			return true;
	}
	return false;
}

/* Read one line in each form; whether it is good, and then what it is. */
static bool
check_line(const char *text, MtAddressRange *range, Listed *listed)
{
	bool is_address = strlen(text) <= 63 && (grammar_holds(&ipv4, text, strlen(text)) ||
											 grammar_holds(&ipv6, text, strlen(text)));
	bool has_prefix = strchr(text, '/') != NULL;
	bool is_good = false;
	MtAddressRange ignored;

	if (is_address)
	{
		*listed = read_again(text);
		is_good = !has_bits_behind_prefix(listed);
	}
	must((mt_address_read(text, MT_ADDRESS_OR_RANGE, range) == NULL) == is_good);
	must((mt_address_read(text, MT_ADDRESS_ALONE, &ignored) == NULL) == (is_good && !has_prefix));
	must((mt_address_read(text, MT_ADDRESS_RANGE, &ignored) == NULL) == (is_good && has_prefix));
	return is_good;
}

/* The first and the last address of a range, and those next to them. */
static void
check_probes(const MtPolicyAddresses *set, const Listed *listed, int count, const Listed *around)
{
	for (int probe = 0; probe < 4; probe++)
	{
		Listed address = *around;
		MtAddressRange read;
		char text[INET6_ADDRSTRLEN];
		bool is_listed = false;
		int bit = 128;

		if (probe >= 2)
		{
			for (int i = around->bits; i < 128; i++)
				address.bytes[i / 8] |= (uint8_t) (1 << (7 - i % 8));
		}
		/* add one, or take one away: flip bits until one ends it */
		while (probe % 2 == 1 && bit-- > (address.is_ipv4 ? 96 : 0))
		{
			address.bytes[bit / 8] ^= (uint8_t) (1 << (7 - bit % 8));
			if (bit_of(address.bytes, bit) == (probe == 3))
				break;
		}
		address.bits = 128;
		address.is_ipv4 = memcmp(address.bytes, mapped_prefix, 12) == 0;
		must(inet_ntop(AF_INET6, address.bytes, text, sizeof(text)) != NULL);
		must(mt_address_read(text, MT_ADDRESS_ALONE, &read) == NULL);
		for (int i = 0; i < count && !is_listed; i++)
			is_listed = covers(&listed[i], &address);
		must(mt_addresses_hold(set, &read) == is_listed);
	}
}

static void
check(Input input)
{
	Listed listed[MAX_LISTED];
	MtAddressRange ranges[MAX_LISTED];
	MtPolicyAddresses set = {0};
	int count = 0;

	while (input.len > 0 && count < MAX_LISTED)
	{
		Input line = fuzz_take_line(&input);

		if (check_line(fuzz_string(line.bytes, line.len), &ranges[count], &listed[count]))
			count++;
	}
	set.ranges = fuzz_copy(ranges, (size_t) count * sizeof(MtAddressRange));
	set.count = count;
	mt_addresses_compile(&set);
	must(set.count <= count && (set.count > 0) == (count > 0));
	for (int i = 1; i < set.count; i++)
		must(memcmp(set.ranges[i - 1].last, set.ranges[i].first, MT_ADDRESS_BYTES) < 0);
	for (int i = 0; i < count; i++)
		check_probes(&set, listed, count, &listed[i]);
}
