# The last owner under load: sessions that take ownership away from each other by every way,
# and give it again, at two isolation levels. At no moment is a tenant without an active
# owner, nothing deadlocks, and nothing fails but for a reason that is expected. And a
# prepared transaction is judged when it is prepared, and keeps what it was promised.

use strict;
use warnings;

use POSIX qw(:sys_wait_h);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($users, $tenants, $sessions, $steps) = (4, 2, 6, 150);

my $node = PostgreSQL::Test::Cluster->new('owners');
$node->init;
$node->append_conf('postgresql.conf', "max_prepared_transactions = 2\ndeadlock_timeout = 100ms\n");
$node->start;
$node->safe_psql('postgres', qq{
	CREATE EXTENSION multitenant CASCADE;
	INSERT INTO multitenant."Users" (id, email) SELECT md5('u' || i)::uuid, 'u' || i FROM generate_series(1, $users) i;
	INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") SELECT md5('t' || i)::uuid, 't', 't' || i, 't' || i FROM generate_series(1, $tenants) i;
	INSERT INTO multitenant."Roles" (name, "tenantId") SELECT r, id FROM multitenant."Tenants", unnest('{owner,member}'::text[]) AS r;
	SELECT multitenant.add_member(u.id, t.id, '{owner}') FROM multitenant."Users" u, multitenant."Tenants" t;
});

# With %u a user and %t a tenant; those that take are more than those that give.
my @ways = (
	q{SELECT multitenant.unassign_role(%u, %t, 'owner')},
	q{SELECT multitenant.unassign_role(%u, %t, 'owner')},
	q{SELECT multitenant.remove_member(%u, %t)},
	q{SELECT multitenant.suspend_user(%u)},
	q{SELECT multitenant.delete_user(%u)},
	q{UPDATE multitenant."TenantUsers" SET roles = '{member}' WHERE "userId" = %u AND "tenantId" = %t},
	q{DELETE FROM multitenant."TenantUsers" WHERE "userId" = %u AND "tenantId" = %t},
	q{UPDATE multitenant."Users" SET status = 'inactive' WHERE id = %u AND status <> 'deleted'},
	q{DELETE FROM multitenant."Roles" WHERE name = 'owner' AND "tenantId" = %t},
	q{SELECT multitenant.add_member(%u, %t, '{owner}')},
	q{SELECT multitenant.assign_role(%u, %t, 'owner')},
	q{SELECT multitenant.activate_user(%u)},
	q{SELECT multitenant.restore_user(%u)});

sub random_script
{
	my $script = "\\set VERBOSITY verbose\n";

	foreach (1 .. $steps)
	{
		my $statement = $ways[ rand @ways ];
		my ($user, $tenant) = (1 + int(rand $users), 1 + int(rand $tenants));

		$statement =~ s/%u/md5('u$user')::uuid/g;
		$statement =~ s/%t/md5('t$tenant')::uuid/g;
		$script .= rand() < 0.7 ? "$statement;\n" : "BEGIN ISOLATION LEVEL REPEATABLE READ;\n$statement;\nCOMMIT;\n";
	}
	return $script;
}

srand(20);
my $connection = $node->connstr('postgres');
my $scripts = $node->basedir;
my @running;
foreach my $session (1 .. $sessions)
{
	append_to_file("$scripts/$session.sql", random_script());
	my $process = fork // die "fork: $!";
	if ($process == 0)
	{
		open STDOUT, '>', File::Spec->devnull;
		open STDERR, '>', "$scripts/$session.errors";
		exec('psql', '-X', '-q', '-d', $connection, '-f', "$scripts/$session.sql") or POSIX::_exit(1);
	}
	push @running, $process;
}

my $ownerless = qq{
	SELECT count(*) FROM multitenant."Tenants" t WHERE NOT EXISTS (
	  SELECT FROM multitenant."TenantUsers" m JOIN multitenant."Users" u ON u.id = m."userId"
	  WHERE m."tenantId" = t.id AND m.roles @> '{owner}' AND u.status = 'active')};
my ($looks, $found) = (0, 0);
while (@running = grep { waitpid($_, WNOHANG) == 0 } @running)
{
	$found += $node->safe_psql('postgres', $ownerless);
	$looks++;
}
my $errors = join '', map { slurp_file("$scripts/$_.errors") } 1 .. $sessions;
is($node->safe_psql('postgres', $ownerless), 0, 'each tenant has an active owner in the end');
is($found, 0, 'and had one each time that somebody looked');
cmp_ok($looks, '>', 0, 'somebody did look meanwhile');

my %count;
$count{$_}++ foreach $errors =~ /(?:ERROR|FATAL):  (\w{5}):/g;
cmp_ok($count{'55000'} // 0, '>', 0, 'the last owner was in the way');
delete @count{qw(55000 P0002 23505 40001)};   # wrong state, not there, there already, try again
is(join(' ', %count), '', 'nothing else went wrong, no deadlock either');

# Two-phase commit
$node->safe_psql('postgres', q{
	SET session_replication_role = replica;
	UPDATE multitenant."Users" SET status = 'active', "deletedAt" = NULL;
	DELETE FROM multitenant."TenantUsers";
	INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) SELECT md5('u' || i)::uuid, md5('t1')::uuid, '{owner}' FROM generate_series(1, 2) i;
});

sub state_of
{
	my ($stdout, $stderr);

	$node->psql('postgres', "\\set VERBOSITY sqlstate\nSET lock_timeout = '200ms';\n$_[0]", stdout => \$stdout, stderr => \$stderr);
	return $stderr =~ /ERROR:  (\w{5})/ ? $1 : 'done';
}

my ($first, $second) = map { "SELECT multitenant.unassign_role(md5('u$_')::uuid, md5('t1')::uuid, 'owner');" } 1, 2;
is(state_of("BEGIN; $first $second PREPARE TRANSACTION 'both';"), '55000', 'a transaction that takes the last is not prepared');
is(state_of("BEGIN; $first PREPARE TRANSACTION 'first';"), 'done', 'one that leaves one is');
is(state_of($second), '55P03', 'the other owner waits for its end');
is(state_of("COMMIT PREPARED 'first'; $second"), '55000', 'and is the last one then');

done_testing();
