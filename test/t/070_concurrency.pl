# Everything at once for a few seconds: no deadlock among the functions, no error from the
# checks while indexes are rebuilt under them, and what holds before holds after.

use strict;
use warnings;

use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('concurrency');
$node->init;
$node->append_conf('postgresql.conf', "max_connections = 60\nmultitenant.argon2_memory = 64\nmultitenant.argon2_iterations = 1\ndeadlock_timeout = 100ms\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	SELECT multitenant.register_user('u' || i || '@example.org', 'correct horse battery') FROM generate_series(1, 20) i;
	SELECT multitenant.create_tenant('t' || i, 't' || i, 't' || i) FROM generate_series(1, 4) i;
	SELECT multitenant.create_permission('invoice', 'read');
	SELECT multitenant.create_role(id, 'clerk', permissions => ARRAY['invoice:read']) FROM multitenant."Tenants";
	SELECT multitenant.add_member(u.id, t.id) FROM multitenant."Users" u, multitenant."Tenants" t;
	-- what somebody else deleted meanwhile is a plain error, which a client expects
	CREATE FUNCTION assign(u text, t text) RETURNS boolean LANGUAGE plpgsql AS $$
	BEGIN
		RETURN multitenant.assign_role(m."userId", m."tenantId", 'clerk') FROM multitenant."TenantUsers" m
			JOIN multitenant."Users" u ON u.id = m."userId" JOIN multitenant."Tenants" t ON t.id = m."tenantId"
			WHERE u.email = $1 AND t.slug = $2;
	EXCEPTION WHEN object_not_in_prerequisite_state OR no_data_found THEN
		RETURN NULL;
	END $$;
	-- a tenant goes with all of its own, and comes again
	CREATE FUNCTION renew(t text) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		tenant uuid;
	BEGIN
		DELETE FROM multitenant."Tenants" WHERE slug = $1;
		tenant := multitenant.create_tenant($1, $1, $1);
		PERFORM multitenant.create_role(tenant, 'clerk', permissions => ARRAY['invoice:read']);
		INSERT INTO multitenant."TenantUsers" ("userId", "tenantId") SELECT id, tenant FROM multitenant."Users";
	EXCEPTION WHEN unique_violation THEN
		NULL;
	END $$;
});

# Plain SQL locks one row a transaction here: of several in an order of its own it may deadlock.
my %scripts = (
	sign_in => q{SELECT multitenant.authenticate('u' || :u || '@example.org', (ARRAY['correct horse battery', 'wrong'])[1 + :u % 2]);},
	unlock => q{SELECT multitenant.unlock_account(id) FROM multitenant."Users" WHERE email = 'u' || :u || '@example.org';},
	assign => q{SELECT assign('u' || :u || '@example.org', 't' || :t);},
	take => q{UPDATE multitenant."TenantUsers" SET roles = '{}' WHERE "userId" = (SELECT id FROM multitenant."Users" WHERE email = 'u' || :u || '@example.org') AND "tenantId" = (SELECT id FROM multitenant."Tenants" WHERE slug = 't' || :t);},
	remove => q{DELETE FROM multitenant."Users" WHERE email = 'u' || :u || '@example.org';},
	restore => q{UPDATE multitenant."Users" SET "deletedAt" = NULL WHERE email = 'u' || :u || '@example.org';},
	check => q{SELECT count(*) FILTER (WHERE multitenant.has_permission(m."userId", m."tenantId", 'invoice:read')) FROM multitenant."TenantUsers" m;},
	renew => q{SELECT renew('t' || :t);},
);
my @arguments;
foreach my $name (sort keys %scripts)
{
	my $file = $node->basedir . "/$name.sql";
	append_to_file($file, "\\set u random(1, 20)\n\\set t random(1, 4)\n$scripts{$name}\n");
	push @arguments, '-f', $file;
}

# Indexes are rebuilt meanwhile, until pgbench ends.
my $benchmark = start(
	[ 'pgbench', '-n', '-c', 12, '-j', 2, '-T', 6, @arguments, $node->connstr('postgres') ],
	'>', \my $stdout, '2>', \my $stderr);
my $end = time + 5;
my $rebuilt = 0;
while (time < $end)
{
	foreach my $table ('TenantUsers', 'Roles', 'RolePermissions', 'Permissions')
	{
		$node->safe_psql('postgres', "REINDEX TABLE CONCURRENTLY multitenant.\"$table\"");
		$rebuilt++;
	}
}
ok($benchmark->finish, 'pgbench ends well') or diag($stderr);
cmp_ok($rebuilt, '>', 0, 'indexes were rebuilt meanwhile');
my ($done) = $stdout =~ /number of transactions actually processed: (\d+)/;
cmp_ok($done // 0, '>', 0, 'there was work done');

my $log = slurp_file($node->logfile);
unlike($log, qr/deadlock detected/, 'no deadlock');
my @errors = grep { !/duplicate key|canceling|terminating/ } $log =~ /^.*(?:ERROR|FATAL|PANIC): .*$/mg;
is("@errors[0 .. ($#errors > 2 ? 2 : $#errors)]", '', 'no error');

is($node->safe_psql('postgres', q{
	SELECT count(*) FROM multitenant."TenantUsers" m, unnest(m.roles) AS name
	WHERE NOT EXISTS (SELECT FROM multitenant."Roles" r WHERE r."tenantId" = m."tenantId" AND r.name = name)}),
	0, 'no membership holds a name that is no role');
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM multitenant."Users" u WHERE u."loginCount" <>
	  (SELECT count(*) FROM multitenant."LoginHistories" h WHERE h."userId" = u.id AND h.status = 'success')}),
	0, 'every success is counted once');

done_testing();
