# A policy compiles once per change, not per call, and each change counts from the next
# statement on, in whatever way the row is written. (test/specs/tenancy_race.spec has the
# change that another session makes.)

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('policy');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	SELECT multitenant.create_tenant(slug, slug, slug, multitenant.register_user(slug || '@example.org')) FROM unnest('{acme,umbrella}'::text[]) slug;
	CREATE VIEW judged AS SELECT slug, outcome FROM multitenant."Tenants" t JOIN multitenant."TenantUsers" m ON m."tenantId" = t.id,
	  multitenant.evaluate_policy(t.id, m."userId", '192.0.2.1', false)});

# What a session says, and how often it compiled a policy on the way.
sub session
{
	my ($sql) = @_;
	my ($stdout, $stderr) = ('', '');

	$node->psql('postgres', "SET client_min_messages = debug1; $sql",
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 1);
	my $compiled = () = $stderr =~ /compiled the security policy of tenant/g;
	return ($compiled, $stdout);
}

my $judge = q{SELECT outcome FROM judged WHERE slug = 'acme';};
my $change = q{UPDATE multitenant."Tenants" SET "securityPolicy" = '%s' WHERE slug = 'acme';};
my $deny = sprintf $change, '{"ipRestrictions": {"enabled": true, "allowedIPs": ["198.51.100.1"]}}';
my $allow = sprintf $change, '{}';

is_deeply([ session($judge x 5) ], [ 1, join "\n", ('success') x 5 ], 'five calls compile once');
is_deeply([ session(q{SELECT count(e.outcome) FROM generate_series(1, 1000) n, multitenant."Tenants" t JOIN multitenant."TenantUsers" m ON m."tenantId" = t.id,
	multitenant.evaluate_policy(t.id, m."userId", '192.0.2.1', n % 2 = 0) e;}) ],
	[ 2, '2000' ], 'two tenants in turn compile once each');
is_deeply([ session($judge . $deny . $judge . $judge . $allow . $judge) ],
	[ 3, "success\nip_denied\nip_denied\nsuccess" ], 'a change compiles anew, once');
is_deeply([ session($judge . q{UPDATE multitenant."Tenants" SET name = 'other', settings = '{"a": 1}' WHERE slug = 'acme';} . $judge) ],
	[ 1, "success\nsuccess" ], 'a change of something else does not');
is_deeply([ session("$judge BEGIN; $deny $judge ROLLBACK; $judge") ],
	[ 3, "success\nip_denied\nsuccess" ], 'a change that is rolled back is gone');
is_deeply([ session($judge . q{VACUUM FULL multitenant."Tenants";} . $judge . $deny . $judge . $allow) ],
	[ 2, "success\nsuccess\nip_denied" ], 'a table that is rewritten holds the same');

# Long lists are stored compressed, or out of line: the same rules.
my $long = q{UPDATE multitenant."Tenants" SET "securityPolicy" = jsonb_build_object('ipRestrictions', jsonb_build_object('enabled', true, 'blockList',
  (SELECT jsonb_agg('2001:db8::' || to_hex(n)) FROM generate_series(1, 9999) n) || '"%s"')) WHERE slug = 'acme';};
is_deeply([ session(sprintf($long, '192.0.2.2') . $judge x 3 . sprintf($long, '192.0.2.1') . $judge x 3) ],
	[ 2, "success\nsuccess\nsuccess\nip_denied\nip_denied\nip_denied" ], 'a long policy compiles once per change too');

# However many tenants a session meets, it keeps the policies of no more than 1,000, and no more than
# 16 MB of them, but for the last: over either it forgets all of them and begins anew.
sub insert_tenants
{
	my ($prefix, $count, $policy) = @_;

	$node->safe_psql('postgres', qq{
		SET session_replication_role = replica;
		WITH p AS MATERIALIZED (SELECT $policy AS policy),
		  t AS (INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl", "securityPolicy") SELECT '$prefix', '$prefix-' || n, '$prefix-' || n, policy FROM p, generate_series(1, $count) n RETURNING id)
		INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) SELECT u.id, t.id, '{}' FROM t, multitenant."Users" u WHERE u.email = 'acme\@example.org'});
	return;
}
my $kept = q{SELECT count(*), coalesce(sum(total_bytes), 0) FROM pg_backend_memory_contexts WHERE name = 'multitenant policy';};
insert_tenants('short', 2100, q{'{}'::jsonb});
insert_tenants('long', 60, q{jsonb_build_object('ipRestrictions', jsonb_build_object('blockList', (SELECT jsonb_agg('2001:db8::' || to_hex(n)) FROM generate_series(1, 9999) n)))});
foreach my $kind (qw(short long))
{
	my ($compiled, $stdout) = session(qq{SELECT count(outcome) FROM judged WHERE slug LIKE '$kind-%'; $kept});
	my ($judged, $count, $bytes) = split /[\n|]/, $stdout;

	is($compiled, $judged, "$kind: each of $judged policies was compiled");
	cmp_ok($count, '>', 0, "$kind: some are kept");
	cmp_ok($count, '<=', 1000, "$kind: not more than there may be");
	cmp_ok($bytes, '<', 17 * 1024 * 1024, "$kind: nor larger");
	note "$kind: $count kept, $bytes bytes";
}

done_testing();
