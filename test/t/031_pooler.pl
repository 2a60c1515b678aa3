# Behind a pooler that gives a server connection to another client after each transaction
# (pgbouncer, pool_mode = transaction): twenty clients on three connections, each of which
# sets its own context, in transactions that commit, roll back, fail and use savepoints.
# Nobody ever sees another's context, nor one that is over.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $clients = 20;
my $connections = 3;
my ($pgbouncer) = grep { -x } '/usr/sbin/pgbouncer', map { "$_/pgbouncer" } split /:/, $ENV{PATH};
die 'pgbouncer was not found' unless $pgbouncer;

my $node = PostgreSQL::Test::Cluster->new('pooled');
$node->init;
$node->start;
$node->safe_psql('postgres', qq{
	CREATE EXTENSION multitenant CASCADE;
	CREATE TABLE client AS
	SELECT n, multitenant.register_user('user' || n || '\@example.org') AS user_id, NULL::uuid AS tenant_id
	FROM generate_series(0, $clients - 1) AS n;
	UPDATE client SET tenant_id = multitenant.create_tenant('Tenant ' || n, 'tenant-' || n, 'postgres://' || n, user_id);
	CREATE ROLE app LOGIN;
	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA multitenant TO app;
	GRANT SELECT ON client TO app;
	-- raises when the context is not that of the client, or of nobody for a client that there is not
	CREATE FUNCTION expect(who integer) RETURNS void LANGUAGE plpgsql AS \$\$
	DECLARE wanted client;
	BEGIN
	  SELECT * INTO wanted FROM client WHERE n = who;
	  IF multitenant.current_user_id() IS DISTINCT FROM wanted.user_id
	     OR multitenant.current_tenant_id() IS DISTINCT FROM wanted.tenant_id THEN
	    RAISE 'client % has the context of %', who, (SELECT n FROM client WHERE user_id = multitenant.current_user_id());
	  END IF;
	END \$\$;
	CREATE FUNCTION be(who integer) RETURNS void LANGUAGE sql AS
	  'SELECT multitenant.set_context(user_id, tenant_id) FROM client WHERE n = who';
	CREATE TABLE backend (pid integer);
	GRANT INSERT ON backend TO app;
});

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $folder = $node->basedir;
my $socket = $node->host;
my $log = "$folder/pgbouncer.log";
PostgreSQL::Test::Utils::append_to_file("$folder/users.txt", qq{"app" ""\n});
PostgreSQL::Test::Utils::append_to_file("$folder/pgbouncer.ini", <<"END");
[databases]
postgres = host=$socket port=@{[$node->port]} dbname=postgres
[pgbouncer]
pool_mode = transaction
default_pool_size = $connections
listen_addr =
unix_socket_dir = $socket
listen_port = $port
auth_type = trust
auth_file = $folder/users.txt
logfile = $log
pidfile = $folder/pgbouncer.pid
END
system_or_bail($pgbouncer, '-q', '-d', "$folder/pgbouncer.ini");
# it is in the background before it listens
for (1 .. 1800)
{
	last if -S "$socket/.s.PGSQL.$port";
	sleep(0.1);
}

my %script = (
	# what each transaction finds before it says who it is: nobody
	commit => q{
BEGIN;
SELECT expect(-1);
SELECT be(:client_id);
SELECT expect(:client_id);
INSERT INTO backend VALUES (pg_backend_pid());
SELECT expect(:client_id);
COMMIT;
SELECT expect(-1);
},
	rollback => q{
BEGIN;
SELECT expect(-1);
SELECT be(:client_id);
SAVEPOINT a;
SELECT be((:client_id + 1) % 20);
SELECT expect((:client_id + 1) % 20);
ROLLBACK TO a;
SELECT expect(:client_id);
ROLLBACK;
SELECT expect(-1);
},
	single => q{
SELECT be(:client_id), expect(:client_id);
SELECT expect(-1);
},
	# an error ends the transaction, and the context with it
	error => q{
BEGIN;
SELECT be(:client_id);
DO $$ BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END $$;
SELECT expect(:client_id);
SET LOCAL statement_timeout = 50;
DO $$ BEGIN PERFORM pg_sleep(100); EXCEPTION WHEN query_canceled THEN NULL; END $$;
SET LOCAL statement_timeout = 0;
SELECT expect(:client_id);
COMMIT;
SELECT expect(-1);
});
my @files;
for my $name (sort keys %script)
{
	my $file = "$folder/$name.sql";
	PostgreSQL::Test::Utils::append_to_file($file, $script{$name});
	push @files, '-f', $file;
}

my ($stdout, $stderr) = ('', '');
my $done = IPC::Run::run(
	[ 'pgbench', '-n', '-h', $socket, '-p', $port, '-U', 'app', '-c', $clients, '-j', 2, '-t', 100, @files, 'postgres' ],
	'>', \$stdout, '2>', \$stderr);
ok($done, 'no client saw another context') or diag($stderr);
like($stdout, qr{number of transactions actually processed: 2000/2000}, 'and every transaction ran');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT pid) FROM backend'), $connections,
	"the $clients clients shared $connections connections");

# A transaction that is broken off in the middle: the client disconnects.
IPC::Run::run([ 'psql', '-X', '-q', '-h', $socket, '-p', $port, '-U', 'app', 'postgres' ],
	'<', \"BEGIN; SELECT be(1); SELECT expect(1);\n\\q\n", '>', \$stdout, '2>', \$stderr);
my $answer = '';
for (1 .. $connections)
{
	IPC::Run::run([ 'psql', '-X', '-At', '-h', $socket, '-p', $port, '-U', 'app', 'postgres', '-c', 'SELECT expect(-1)' ],
		'>', \$stdout, '2>', \$stderr);
	$answer .= $stderr;
}
is($answer, '', 'nor one that a client left behind');

# The test can fail: a context that outlives its transaction would be seen.
$node->safe_psql('postgres', q{ALTER ROLE app SUPERUSER});
IPC::Run::run([ 'psql', '-X', '-At', '-h', $socket, '-p', $port, '-U', 'app', 'postgres',
		'-c', 'SET multitenant.user_id = \'00000000-0000-0000-0000-000000000001\'' ],
	'>', \$stdout, '2>', \$stderr);
my $seen = 0;
for (1 .. 50)
{
	IPC::Run::run([ 'psql', '-X', '-At', '-h', $socket, '-p', $port, '-U', 'app', 'postgres', '-c', 'SELECT expect(-1)' ],
		'>', \$stdout, '2>', \$stderr);
	$seen++ if $stderr =~ /has the context/;
}
cmp_ok($seen, '>', 0, 'what a session sets for itself is seen by the next client: so it would have shown');

kill 'INT', PostgreSQL::Test::Utils::slurp_file("$folder/pgbouncer.pid");
done_testing();
