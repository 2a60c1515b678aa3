# run_maintenance() under a real pg_cron, as doc/maintenance.md schedules it.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $sharedir = `$ENV{PG_CONFIG} --sharedir`;
chomp $sharedir;
plan skip_all => 'pg_cron is not installed for this PostgreSQL' unless -e "$sharedir/extension/pg_cron.control";

my $node = PostgreSQL::Test::Cluster->new('cron');
$node->init;
# Background workers need no way in: no password, no socket.
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'postgres'\ncron.use_background_workers = on\ncron.timezone = 'UTC'\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	CREATE EXTENSION pg_cron;
	INSERT INTO multitenant."Users" (id, email) VALUES ('00000000-0000-0000-0000-000000000001', 'ada@example.org');
	INSERT INTO multitenant."ActivityLogs" ("userId", action, "createdAt")
	SELECT '00000000-0000-0000-0000-000000000001', 'a', '2001-01-01' FROM generate_series(1, 25000);
	INSERT INTO multitenant."ActivityLogs" ("userId", action) VALUES ('00000000-0000-0000-0000-000000000001', 'b');
});

# The line of the manual.
my ($line) = slurp_file('doc/maintenance.md') =~ /^(SELECT cron\.schedule\(.*\);)$/m;
ok($line, 'the manual shows the line') or BAIL_OUT('no line');
my $job = $node->safe_psql('postgres', $line);

ok($node->poll_query_until('postgres', q{SELECT count(*) <= 15001 FROM multitenant."ActivityLogs"}), 'within a minute it has run');
ok($node->poll_query_until('postgres', "SELECT count(*) > 0 FROM cron.job_run_details WHERE jobid = $job AND status = 'succeeded'"), '… with success');
is($node->safe_psql('postgres', q{SELECT count(*) FROM multitenant."ActivityLogs" WHERE action = 'b'}), 1, '… and left what is not due');
is($node->safe_psql('postgres', "SELECT count(*) FROM cron.job_run_details WHERE jobid = $job AND status = 'failed'"), 0, 'no run failed');
done_testing();
