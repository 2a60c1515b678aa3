# The context and the settings cannot be had by asking before the library is there: a
# session may name any parameter while it is a mere placeholder, but what a role without
# the right set so does not survive the loading. Nor does a library that was loaded at
# start-up change what an administrator may set.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('context');
my $user = '00000000-0000-0000-0000-000000000001';
my $show = 'SELECT coalesce(multitenant.current_user_id()::text, \'none\')';

$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	CREATE ROLE app LOGIN;
	CREATE ROLE boss LOGIN SUPERUSER;
	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA multitenant TO app;
});

# The answer of a session of that role, and what it said on the way.
sub session
{
	my ($role, $sql, %environment) = @_;
	my ($stdout, $stderr);

	local %ENV = (%ENV, %environment);
	$node->psql('postgres', $sql, stdout => \$stdout, stderr => \$stderr,
		extra_params => [ '-U', $role ]);
	return ($stdout, $stderr);
}

for my $loaded ('on demand', 'at start-up')
{
	if ($loaded eq 'at start-up')
	{
		$node->append_conf('postgresql.conf', "shared_preload_libraries = 'multitenant'");
		$node->restart;
	}

	my ($answer, $said) = session('app', "SET multitenant.user_id = '$user'; $show");
	is($answer, $loaded eq 'on demand' ? 'none' : '', "$loaded: SET by an ordinary role sets nothing");
	like($said, qr/permission denied to set parameter "multitenant.user_id"/, "$loaded: … and is told");

	($answer, $said) = session('app', "BEGIN; SET LOCAL multitenant.user_id = '$user'; $show; COMMIT");
	is($answer, $loaded eq 'on demand' ? 'none' : '', "$loaded: SET LOCAL sets nothing");

	($answer, $said) = session('app', "SELECT set_config('multitenant.user_id', '$user', false); $show");
	like($answer, $loaded eq 'on demand' ? qr/none$/ : qr/^$/, "$loaded: set_config sets nothing");

	($answer, $said) = session('app', $show, PGOPTIONS => "-c multitenant.user_id=$user");
	is($answer, $loaded eq 'on demand' ? 'none' : '', "$loaded: a start-up option sets nothing");
	like($said, qr/permission denied to set parameter "multitenant.user_id"/, "$loaded: … and is told");

	($answer, $said) = session('app', "SET multitenant.lockout_threshold = 0; SELECT multitenant.current_user_id(); SHOW multitenant.lockout_threshold");
	unlike($answer, qr/^0$/m, "$loaded: nor is a rule of sign-in turned off so");

	foreach my $statement (
		"ALTER ROLE app SET multitenant.user_id = '$user'",
		"ALTER ROLE app IN DATABASE postgres SET multitenant.user_id = '$user'",
		"CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql SET multitenant.user_id = '$user' AS 'SELECT 1'")
	{
		($answer, $said) = session('app', $statement);
		like($said, qr/permission denied to set parameter "multitenant.user_id"/, "$loaded: $statement");
	}
	is((session('app', $show))[0], 'none', "$loaded: and a new session has none");

	# A superuser may, before and after.
	is((session('boss', "SET multitenant.user_id = '$user'; $show"))[0], $user, "$loaded: a superuser may SET it");
	is((session('boss', $show, PGOPTIONS => "-c multitenant.user_id=$user"))[0], $user, "$loaded: … or give it as an option");
	($answer, $said) = session('boss', "SET multitenant.user_id = 'ada'; $show");
	unlike($answer, qr/ada/, "$loaded: what is no UUID is nobody");
	like($said, qr/invalid value for parameter "multitenant.user_id"/, "$loaded: … and is told");
}

# A setting that is misspelt is refused rather than ignored, where the server can do that.
SKIP:
{
	skip 'prefixes are reserved from 15 on', 1
	  if $node->safe_psql('postgres', 'SHOW server_version_num') < 150000;
	like((session('boss', 'SET multitenant.lockout_treshold = 3'))[1], qr/"multitenant" is a reserved prefix/,
		'the prefix is reserved');
}

# The context reaches parallel workers, which are other processes.
my $answer = (session('boss', qq{
	CREATE TABLE many AS SELECT generate_series(1, 20000) AS n;
	ANALYZE many;
	SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SET max_parallel_workers_per_gather = 2;
	BEGIN;
	SET LOCAL multitenant.user_id = '$user';
	SELECT string_agg(DISTINCT coalesce(multitenant.current_user_id()::text, 'none'), ' ') FROM many WHERE multitenant.current_user_id() IS NOT NULL;
	COMMIT;
	EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT count(*) FROM many WHERE multitenant.current_user_id() IS NULL;
}))[0];
like($answer, qr/^$user$/m, 'parallel workers know who is asking');
like($answer, qr/Workers Launched: [12]/, '… and there were some');

done_testing();
