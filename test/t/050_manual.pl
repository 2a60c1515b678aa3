# The manual tells the truth of today: every SQL example in README and doc/ runs, and
# doc/reference.md is what the catalog says (`make reference` writes it anew).

use strict;
use warnings;

use File::Basename;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('manual');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;

sub psql_file
{
	my ($database, $text) = @_;
	my $file = $node->basedir . '/page.sql';
	my ($stdout, $stderr);

	open my $out, '>', $file or die "$file: $!";
	print $out $text;
	close $out;
	my $status = $node->psql($database, "\\i $file", stdout => \$stdout, stderr => \$stderr,
		on_error_stop => 1);
	return ($status, $stdout, $stderr);
}

my $examples = 0;
foreach my $page ('README.md', sort glob 'doc/*.md')
{
	my @blocks = slurp_file($page) =~ /^```sql\n(.*?)^```$/msg;
	next unless @blocks;

	my $database = lc basename($page, '.md');
	$database =~ s/\W/_/g;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	# a page that does not install the extension itself has it
	unshift @blocks, "SET client_min_messages = warning;\nCREATE EXTENSION multitenant CASCADE;\nRESET client_min_messages;\n"
	  unless "@blocks" =~ /CREATE EXTENSION multitenant/;
	my $text = join "\n", @blocks;
	$text =~ s/CURRENT_DATABASE_NAME/$database/g;
	my ($status, $stdout, $stderr) = psql_file($database, $text);
	is($status, 0, "$page: the examples run") or diag($stderr);
	$examples += @blocks;
}
cmp_ok($examples, '>', 10, 'there were examples');

$node->safe_psql('postgres', 'CREATE DATABASE reference');
$node->safe_psql('reference', 'CREATE EXTENSION multitenant CASCADE');
my ($status, $stdout, $stderr) = psql_file('reference', slurp_file('test/reference.sql'));
is($stderr, '', 'the reference can be made');
is($stdout . "\n", slurp_file('doc/reference.md'), 'doc/reference.md is what the catalog says');

# Every function and every setting is in the manual outside the reference too.
my $manual = join "\n", map { slurp_file($_) } 'README.md', grep { !/reference/ } glob 'doc/*.md';
my @names = split /\n/, $node->safe_psql('reference', q{
	LOAD 'multitenant';
	SELECT DISTINCT proname FROM pg_proc
	WHERE pronamespace = 'multitenant'::regnamespace AND prorettype <> 'trigger'::regtype
	UNION SELECT replace(name, 'multitenant.', '') FROM pg_settings WHERE name LIKE 'multitenant.%'});
my @missing = grep { $manual !~ /\b\Q$_\E\b/ } @names;
is("@missing", '', 'every function and setting has its place in the manual');

# The table of settings in doc/install.md is whole.
my ($settings) = slurp_file('doc/install.md') =~ /^## Settings\n(.*?)^## /ms;
my $rows = join "\n", $settings =~ /^(\|.*?\|)/mg;
@missing = grep { $rows !~ /`\Q$_\E`/ } split /\n/, $node->safe_psql('reference', q{
	LOAD 'multitenant';
	SELECT replace(name, 'multitenant.', '') FROM pg_settings WHERE name LIKE 'multitenant.%'});
is("@missing", '', 'every setting has its row in doc/install.md');

# What doc/security.md promises, tests show: each promise names one, and each that is named is there.
my $security = slurp_file('doc/security.md');
my ($promises) = $security =~ /^## What is promised\n(.*?)^## /ms;
my @promises = grep { !/^\|(?:-| promise )/ } $promises =~ /^(\|.*\|)$/mg;
cmp_ok(@promises + 0, '>', 20, 'doc/security.md makes promises');
is(join("\n", grep { !m{`test/[^`]+`} } @promises), '', '… of which each names a test');
is(join("\n", grep { !-f } $security =~ m{`(test/[^`]+)`}g), '', '… and every test named is there');

done_testing();
