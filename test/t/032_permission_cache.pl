# What a backend remembers of roles stays true where the change is made elsewhere: on a hot
# standby, and in a subscriber's database where a worker replays it. And it stays small.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 'logical');
$primary->start;
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->start;

my $may = q{SELECT multitenant.has_permission("userId", "tenantId", 'note:read') FROM multitenant."TenantUsers";};
my $tables = join ', ', map { qq{multitenant."$_"} } qw(Users Tenants TenantUsers Roles Permissions RolePermissions);

$primary->safe_psql('postgres', qq{
	CREATE EXTENSION multitenant CASCADE;
	SELECT multitenant.create_permission('note', 'read');
	SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme', multitenant.register_user('ada\@example.org'));
	SELECT multitenant.grant_permission(id, 'note:read') FROM multitenant."Roles" WHERE name = 'owner';
	CREATE PUBLICATION everything FOR TABLE $tables;
});
$subscriber->safe_psql('postgres', 'CREATE EXTENSION multitenant CASCADE');
$subscriber->safe_psql('postgres',
	"CREATE SUBSCRIPTION everything CONNECTION '@{[$primary->connstr]} dbname=postgres' PUBLICATION everything");
$subscriber->poll_query_until('postgres',
	q{SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel}) or die 'the subscription did not start';
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

# One session asks, the primary changes, the change arrives, the same session asks again.
sub before_and_after
{
	my ($node, $change, $arrived) = @_;
	my $psql = join ' ', 'psql', '-X', '-q', '-h', $primary->host, '-p', $primary->port, 'postgres';

	return $node->safe_psql('postgres', qq{
		$may
		\\! $psql -c '$change'
		DO \$\$ BEGIN
		  FOR i IN 1 .. 600 LOOP
		    EXIT WHEN ($arrived);
		    PERFORM pg_sleep(0.1);
		  END LOOP;
		END \$\$;
		$may
	});
}

for my $copy ([ 'a standby', $standby ], [ 'a subscriber', $subscriber ])
{
	my ($what, $node) = @$copy;

	is(before_and_after($node, 'DELETE FROM multitenant."RolePermissions"', 'NOT EXISTS (SELECT FROM multitenant."RolePermissions")'),
		"t\nf", "$what: a revoked permission is gone for a session that remembered it");
	is(before_and_after($node,
			'INSERT INTO multitenant."RolePermissions" ("roleId", "permissionId") SELECT r.id, p.id FROM multitenant."Roles" r, multitenant."Permissions" p WHERE r.name = $q$owner$q$',
			'EXISTS (SELECT FROM multitenant."RolePermissions")'),
		"f\nt", "$what: a granted one is there");
	is(before_and_after($node, 'UPDATE multitenant."Permissions" SET action = $q$write$q$, name = $q$note:write$q$',
			q{EXISTS (SELECT FROM multitenant."Permissions" WHERE action = 'write')}),
		"t\nf", "$what: one that became another is no longer the first");
	$primary->safe_psql('postgres', q{UPDATE multitenant."Permissions" SET action = 'read', name = 'note:read'});
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	$primary->wait_for_catchup('everything');
}

# However much is asked, by whoever may ask.
my $remembered = q{SELECT total_bytes FROM (SELECT sum(total_bytes) AS total_bytes FROM pg_backend_memory_contexts
	WHERE name IN ('multitenant permission cache', 'multitenant roles and permissions asked', 'multitenant permission numbers')) AS m;};
for my $limit (64, 256, 4096)
{
	my ($small, $large) = split /\n/, $primary->safe_psql('postgres', qq{
		SET multitenant.permission_cache_size = '${limit}kB';
		SELECT count(multitenant.has_permission("userId", "tenantId", 'note:read')) FROM multitenant."TenantUsers" \\gset
		$remembered
		SELECT count(multitenant.has_permission("userId", "tenantId", 'note:' || i)) FROM multitenant."TenantUsers", generate_series(1, 100000) AS i \\gset
		$remembered
	});
	cmp_ok($large, '>', $small, "$limit kB: what is asked is remembered");
	cmp_ok($large, '<=', 2 * 1024 * $limit, "$limit kB: up to multitenant.permission_cache_size, twice that with what the allocator keeps");
}

done_testing();
