# What `make demo` shows is what it says.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('demo');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;

my ($shown, $said);
my $status = $node->psql('postgres', '\i test/demo.sql', stdout => \$shown, stderr => \$said,
	on_error_stop => 1, extra_params => ['--quiet']);
is($status, 0, 'the demo runs to its end') or diag($said);
is($said, '', '… without a warning');

# psql() prints unaligned, without headings.
my %lines = (
	'the roles of two tenants' => qr/^acme\|clerk\|\{\}\|f\|\{invoice:read\}\n.*^umbrella\|clerk\|\{\}\|f\|\{\}$/ms,
	'a hash of another system' => qr/^Ivan\@Example\.org\|\$2b\$10\$/m,
	'… is replaced at sign-in' => qr/^success\|t\n.*^Ivan\@Example\.org\|\$argon2id\$v=19\$m=19456,t=2,p=…\|1$/ms,
	'the fifth wrong password locks' => qr/^4\|invalid_credentials\|-\n5\|invalid_credentials\|20.*\n6\|locked\|20/m,
	'the right password does not help' => qr/^locked\|20\d\d-.*\n.*\n.*^success$/ms,
	'oathtool ends the enrolment' => qr/^\d{6}\|success\|10\|[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/m,
	'a code is good once' => qr/^the same code again\|invalid_credentials\|-\|-\nthe next one\|success\|totp\|10$/m,
	'and so is a backup code' => qr/^a backup code\|success\|backup_code\|9\nthe backup code again\|invalid_credentials\|-\|-$/m,
	'one tenant grants what another does not' => qr/^Ivan\@Example\.org\|acme\|\{clerk\}\|t\|f\nIvan\@Example\.org\|umbrella\|\{clerk\}\|f\|f$/m,
	'a rename follows, a wildcard grants' => qr/^Ivan\@Example\.org\|acme\|\{accountant\}\|t\|t$/m,
	'a tenant sees its rows, whatever the query' => qr/^1\|Road Runner Ltd\.\|17\.50\n2\|Coyote & Sons\|99\n.*Grace.*\n.*\n?3\|Raccoon City\|1000\n/m,
	'who may not read, and nobody, sees none' => qr/^a clerk\|0\nnobody\|0$/m,
	'injected SQL stays inside the wall' => qr/^read all invoices\|2 rows\ndelete those of Umbrella\|0 rows\nmove one to Umbrella\|new row violates row-level security policy/m,
	'… and is nobody else' => qr/^be in Umbrella\|permission denied to set parameter "multitenant\.tenant_id"\nbe Grace\|permission denied for function set_context$/m,
	'… and leaves the wall and the tables alone' => qr/^take down the wall\|must be owner of table invoice\nread the hashes\|permission denied for table Users$/m,
	'… and gives away no more than who it acts for' => qr/^make Ivan an owner\|the acting user lacks the permission "members:manage"$/m,
	'a session needs the second factor' => qr/^two_factor_required\nsuccess\|mta_\w/m,
	'… and its token says who is asking' => qr/^two_factor_required\n.*\nt\n1\|Road Runner Ltd\.\|17\.50\n2\|Coyote & Sons\|99\n/m,
	'a renewal voids the token before' => qr/^Renewed.*\n\nf\|t$/m,
	'a deletion ends the session' => qr/^f\ninactive$/m,
	'a deletion keeps the row, and who did it' => qr/^Ivan\@Example\.org\|deleted\|t\|ada\@example\.org\|t$/m,
	'after which nothing works' => qr/^inactive\nIvan\@Example\.org\|acme\|\{accountant\}\|f\|f$/m,
	'the audit has it all' => qr/\|high\|user\.locked\|Ivan\@Example\.org\|.*\|medium\|user\.deleted\|Ivan\@Example\.org\|ada\@example\.org\|/ms,
);
like($shown, $lines{$_}, $_) foreach sort keys %lines;

done_testing();
