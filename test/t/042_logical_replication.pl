# Logical replication of all tables, into a database made from the schema of the first: every
# INSERT, UPDATE, DELETE and TRUNCATE arrives, nothing is added by a trigger there and nothing
# refused, and the copy can take over.

use strict;
use warnings;

use FilledTables;
use OpenSession;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SampleApplication;
use Test::More;

my $application = SampleApplication->new(PostgreSQL::Test::Utils::tempdir());
my ($publisher, $subscriber) = map {
	my $node = PostgreSQL::Test::Cluster->new($_);
	$node->init(allows_streaming => 'logical', extra => [ '--encoding=UTF8', '--locale=C' ]);
	$node->append_conf('postgresql.conf', $application->configuration);
	$node->start;
	$application->create_roles($node);
	$node->safe_psql('postgres', 'CREATE DATABASE app TEMPLATE template0');
	$node;
} qw(publisher subscriber);

$publisher->safe_psql('app', 'SET client_min_messages = warning; CREATE EXTENSION multitenant CASCADE');
my $filled = FilledTables->new($publisher, 'app');
$filled->fill;
$application->install($publisher, 'app');
$filled->table_too('sample.notes', 'notes', qw(id tenantId note));
is($application->use($publisher, 'app'), $application->expected, 'the application works on the publisher');
is($publisher->safe_psql('app', q{
	SELECT count(*), count(*) FILTER (WHERE relreplident <> 'd' OR NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))
	FROM pg_class c WHERE relnamespace = 'multitenant'::regnamespace AND relkind = 'r'}), scalar($filled->names) . '|0',
	'every table has a primary key as its replica identity');

is($publisher->safe_psql('app', q{
	SELECT count(*) FROM pg_class WHERE relnamespace = 'multitenant'::regnamespace AND relkind = 'S'}), 0,
	'there is no sequence, which logical replication leaves behind');

#
# The first copy
#

my $schema = PostgreSQL::Test::Utils::tempdir() . '/schema.sql';
$publisher->command_ok([ 'pg_dump', '--schema-only', '--file', $schema, '--dbname', $publisher->connstr('app') ], 'the schema is dumped');
$subscriber->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $schema, '-d', $subscriber->connstr('app') ], 'and made on the subscriber');
$publisher->safe_psql('app', 'CREATE PUBLICATION everything FOR ALL TABLES');
# From 16 on a worker has the rights of the table's owner, whom row-level security binds in a
# table that is protected, unless it is told to have those of the subscription's.
my $options = $subscriber->safe_psql('app', 'SHOW server_version_num') >= 160000 ? 'WITH (run_as_owner = true)' : '';
$subscriber->safe_psql('app', "CREATE SUBSCRIPTION everything CONNECTION '@{[$publisher->connstr]} dbname=app' PUBLICATION everything $options");
$subscriber->poll_query_until('app', q{SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel}) or die 'the subscription did not start';

sub arrived
{
	my ($name) = @_;
	$publisher->wait_for_catchup('everything');
	my @different = FilledTables::different($filled->contents('app', $publisher), $filled->contents('app', $subscriber));
	is_deeply(\@different, [], "$name: every row of every table is there as it is");
}

arrived('the first copy');

# The record that row-level security is on has arrived. The policies are not rows, and whether
# they came with the schema is up to this version of pg_dump.
my $has_policies = $subscriber->safe_psql('app', q{SELECT count(*) > 0 FROM pg_policies WHERE schemaname = 'multitenant'});
my $session = OpenSession->new($subscriber, 'app', '-v', 'VERBOSITY=sqlstate');
my $set_context = q{SELECT multitenant.set_context(m."userId", m."tenantId") FROM multitenant."TenantUsers" m JOIN multitenant."Users" u ON u.id = m."userId" AND email = 'bob@sample.example'};
is($session->ask($set_context), $has_policies eq 't' ? '' : 'ERROR:  55000', 'nobody gets in until row-level security is on there');

#
# Changes of every kind, while a session on the subscriber remembers what it saw
#

my $bob = q{multitenant.find_user('bob@sample.example')};
my $sample = q{(SELECT id FROM multitenant."Tenants" WHERE slug = 'sample')};
my $asks = qq{
	SELECT multitenant.has_permission($bob, $sample, 'sample-note:read'), multitenant.has_role($bob, $sample, 'reader');
	SELECT outcome FROM multitenant.evaluate_policy($sample, $bob, '192.0.2.9', false)};
is($session->ask($asks), "t|t\nsuccess", 'a session on the subscriber');
is($application->use($publisher, 'app'), $application->expected, 'use');
arrived('use');

$publisher->safe_psql('app', qq{
	UPDATE multitenant."Tenants" SET "securityPolicy" = jsonb_set("securityPolicy", '{ipRestrictions}', '{"enabled": true, "blockList": ["192.0.2.9"]}') WHERE slug = 'sample';
	SELECT multitenant.rename_role(id, 'lector') FROM multitenant."Roles" WHERE name = 'reader';
	SELECT multitenant.suspend_tenant(id) FROM multitenant."Tenants" WHERE slug = 'other'});
arrived('an UPDATE of a policy and a rename of a role, which memberships follow');
is($session->ask($asks), "t|f\nip_denied", 'the session on the subscriber sees it');

$publisher->safe_psql('app', q{
	SELECT multitenant.revoke_permission(id, 'sample-note:read') FROM multitenant."Roles" WHERE name = 'lector'});
arrived('a permission revoked');
is($session->ask($asks), "f|f\nip_denied", 'the session on the subscriber sees it');

$publisher->safe_psql('app', q{
	SELECT multitenant.rename_role(id, 'reader'), multitenant.grant_permission(id, 'sample-note:read') FROM multitenant."Roles" WHERE name = 'lector';
	SELECT multitenant.activate_tenant(id) FROM multitenant."Tenants" WHERE slug = 'other';
	UPDATE multitenant."Tenants" SET "securityPolicy" = jsonb_set("securityPolicy", '{ipRestrictions}', '{"enabled": false}') WHERE slug = 'sample'});
arrived('and all back');
is($session->ask($asks), "t|t\nsuccess", 'the session on the subscriber sees it');

$publisher->safe_psql('app', q{
	DELETE FROM multitenant."Users" WHERE email = 'User.1@Example.org';
	DELETE FROM multitenant."Tenants" WHERE slug = 'tenant-2';
	SELECT multitenant.erase_user(id) FROM multitenant."Users" WHERE "deletedAt" IS NOT NULL LIMIT 1;
	DELETE FROM sample.notes WHERE id = 9});
arrived('a DELETE of users, of a tenant with all of it, an erasure');
$publisher->safe_psql('app', q{
	SET multitenant.login_history_retention = '1d';
	SET multitenant.activity_retention = '1d';
	SET multitenant.audit_retention = '1d';
	SELECT * FROM multitenant.run_maintenance();
	TRUNCATE multitenant."Notifications"});
arrived('maintenance and TRUNCATE');
is($subscriber->safe_psql('app', q{SELECT count(*) FROM multitenant."Notifications"}), 0, 'and not because nothing was there before');
is($subscriber->safe_psql('app', q{SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'}), 0, 'no table was left behind');
unlike(slurp_file($subscriber->logfile), qr/processing remote data|"logical replication.*exited with exit code 1/, 'and no change was refused');

# Reading there, by the application's roles and without a word written.
my ($access) = $application->tokens($publisher, 'app');
$subscriber->safe_psql('app', 'SELECT multitenant.enable_row_security()');
is($subscriber->safe_psql('app', qq{
	SET default_transaction_read_only = on;
	SET ROLE sample_service;
	SELECT roles FROM multitenant.verify_session('$access', '192.0.2.1');
	BEGIN;
	SELECT multitenant.use_session('$access', '192.0.2.1');
	SELECT count(*) FROM sample.notes;
	COMMIT}), "{owner,reader}\nt\n6", 'a session of the publisher is good on the subscriber, in a read-only transaction');
$publisher->safe_psql('app', q{UPDATE multitenant."Tenants" SET logo = 'new' WHERE slug = 'sample'});
$publisher->wait_for_catchup('everything');
is($subscriber->safe_psql('app', q{SELECT logo FROM multitenant."Tenants" WHERE slug = 'sample'}), 'new', 'changes go on arriving where row-level security is on');

#
# The copy takes over
#

$subscriber->safe_psql('app', 'DROP SUBSCRIPTION everything');
$application->copied($publisher, 'app', $subscriber, 'app');
is($application->use($subscriber, 'app'), $application->expected, 'the application works where the subscriber was');
is($session->ask("BEGIN; $set_context; SELECT multitenant.current_user_id() = $bob; COMMIT"), "\nt", 'and the session from before sets a context');
is($subscriber->safe_psql('app', q{SELECT count(*) FROM multitenant."RowSecurity" WHERE id = md5('RowSecurity 0')::uuid}), 1, 'the record of row-level security is the one that was there');
$session->close;

$_->stop foreach $publisher, $subscriber;
done_testing();
