# The primary dies in the middle of traffic, and its synchronous standby takes over. What a client
# was told is so there: sessions, renewals, counted failures; and a renewal of which a client does
# not know whether it came through can be asked for again, and is not taken for a theft.

use strict;
use warnings;

use IPC::Run;
use OpenSession;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SampleApplication;
use Test::More;

my $writers = 3;    # of each kind
my $application = SampleApplication->new(PostgreSQL::Test::Utils::tempdir());

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', $application->configuration . q{
multitenant.lockout_threshold = 1000
multitenant.refresh_grace = 300
});
$primary->start;
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', 'CREATE EXTENSION multitenant CASCADE');
$application->create_roles($primary);
$application->install($primary, 'postgres');
$primary->safe_psql('postgres', qq{
	SELECT multitenant.add_member(multitenant.register_user('writer' || n || '\@sample.example', 'correct horse battery'), t.id)
	FROM multitenant."Tenants" t, generate_series(1, 3 * $writers) n WHERE slug = 'sample'});
# from here on a commit is acknowledged when the standby shows it
$primary->append_conf('postgresql.conf', "synchronous_standby_names = 'standby'\nsynchronous_commit = remote_apply\n");
$primary->reload;
$primary->poll_query_until('postgres', q{SELECT sync_state = 'sync' FROM pg_stat_replication}) or die 'the standby is not synchronous';

my $access = ($application->tokens($primary, 'postgres'))[0];
my $verify = "SELECT roles FROM multitenant.verify_session('$access', '192.0.2.1')";
my $reader = OpenSession->new($standby, 'postgres');
is($reader->ask($verify), '{owner,reader}', 'a session is verified on the standby');

# A writer does one thing again and again and says what it was told, until its server is gone.
# A failure is counted and not refused as long as lockout_threshold is not reached.
my $endless = 900;
my @writers;
my $folder = PostgreSQL::Test::Utils::tempdir();

sub start_writer
{
	my ($kind, $user, $first, $again) = @_;
	my %writer = (kind => $kind, user => $user, out => '', err => '');
	my $file = "$folder/" . @writers;

	append_to_file($file, "\\set VERBOSITY terse\n$first\n" . "$again\n" x $endless . "SELECT pg_sleep(600);\n");
	$writer{run} = IPC::Run::start([ 'psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $primary->connstr('postgres'), '-f', $file ],
		'<', \undef, '>', \$writer{out}, '2>', \$writer{err}, IPC::Run::timeout(180));
	push @writers, \%writer;
}

foreach my $n (1 .. $writers)
{
	my @users = map { "writer$_\@sample.example" } $n, $n + $writers, $n + 2 * $writers;
	start_writer('sign-in', $users[0], '',
		"SELECT access_token FROM multitenant.sign_in('$users[0]', 'correct horse battery', 'sample');");
	start_writer('renewal', $users[1],
		"SELECT refresh_token FROM multitenant.sign_in('$users[1]', 'correct horse battery', 'sample') \\gset\n\\echo :refresh_token",
		"SELECT access_token, refresh_token FROM multitenant.refresh_session(:'refresh_token') \\gset\n\\echo :access_token :refresh_token");
	start_writer('failure', $users[2], '', "SELECT outcome FROM multitenant.authenticate('$users[2]', 'wrong');");
}
# each was told something some times
foreach my $writer (@writers)
{
	IPC::Run::pump $writer->{run} until ($writer->{out} =~ tr/\n//) >= 5;
}
is($reader->ask($verify), '{owner,reader}', 'while there is traffic too');

$primary->stop('immediate');
foreach my $writer (@writers)
{
	IPC::Run::finish $writer->{run};
	isnt($writer->{err}, '', "$writer->{user}: told nothing any more");
}

is($reader->ask($verify), '{owner,reader}', 'while there is no primary too');
my %told = map { ($_->{user} => [ split /\n/, $_->{out} ]) } @writers;
my @signed_in = map { @{ $told{ $_->{user} } } } grep { $_->{kind} eq 'sign-in' } @writers;
my $values = join ', ', map { "('$_')" } @signed_in;
my $count = "SELECT count(*) FROM (VALUES $values) t (token), multitenant.verify_session(token)";
is($standby->safe_psql('postgres', $count), scalar @signed_in, 'each session of which a client was told is on the standby: ' . @signed_in);

$standby->promote;
is($reader->ask($verify), '{owner,reader}', 'a session is verified after the promotion');
is($standby->safe_psql('postgres', $count), scalar @signed_in, 'and so are those of the last moment');

foreach my $writer (@writers)
{
	my @told = @{ $told{ $writer->{user} } };
	if ($writer->{kind} eq 'renewal')
	{
		my ($last_access, $last) = $told[-1] =~ /^(\S+) (\S+)$/;
		# whether the last renewal came through, of which nothing was told, cannot be known: it is asked for again
		like($standby->safe_psql('postgres', "SELECT access_token, refresh_token FROM multitenant.refresh_session('$last')"), qr/^mta_\S+\|mtr_\S+$/,
			"$writer->{user}: the renewal is asked for again");
	}
	else
	{
		my $counted = $standby->safe_psql('postgres', $writer->{kind} eq 'failure'
			? qq{SELECT "failedLoginAttempts" FROM multitenant."Users" WHERE email = '$writer->{user}'}
			: qq{SELECT "loginCount" FROM multitenant."Users" WHERE email = '$writer->{user}'});
		ok($counted == @told || $counted == @told + 1, "$writer->{user}: told $writer->{kind} " . @told . " times, counted $counted times");
		is($standby->safe_psql('postgres', qq{
			SELECT count(*) FROM multitenant."LoginHistories" h JOIN multitenant."Users" u ON u.id = h."userId" WHERE u.email = '$writer->{user}'}),
			$counted, "$writer->{user}: and recorded as often");
	}
}
is($standby->safe_psql('postgres', q{SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE severity = 'critical'}), 0, 'no renewal was taken for a theft');

$application->copied($primary, 'postgres', $standby, 'postgres');
is($application->use($standby, 'postgres'), $application->expected, 'the application goes on');
is($standby->safe_psql('postgres', q{
	CREATE EXTENSION amcheck;
	SELECT count(*) > 30, min(bt_index_check(i.indexrelid, true)::text)
	FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
	WHERE c.relnamespace = 'multitenant'::regnamespace}), 't|', 'and the indexes are sound');
$reader->close;
$standby->stop;
done_testing();
