# QR codes, read by an independent reader: zbarimg, from the SVG as librsvg draws it and from
# the text as a terminal with a dark background shows it.

use strict;
use warnings;
use utf8;

use Encode qw(decode encode);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('qr');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION multitenant CASCADE');
my $folder = PostgreSQL::Test::Utils::tempdir;

sub query
{
	my ($sql, $database) = @_;
	return decode('UTF-8', $node->safe_psql($database // 'postgres', encode('UTF-8', "SET client_encoding = 'UTF8'; $sql")));
}

sub write_file
{
	my ($name, $text) = @_;

	open my $out, '>:raw', $name or die "$name: $!";
	print $out $text;
	close $out;
	return $name;
}

# What zbarimg reads in a picture; undef for nothing.
sub read_picture
{
	my ($file) = @_;
	my ($stdout, $stderr) = ('', '');

	IPC::Run::run([ 'zbarimg', '--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', $file ],
		'>', \$stdout, '2>', \$stderr);
	$stdout =~ s/\n\z//;
	return $stdout eq '' ? undef : decode('UTF-8', $stdout);
}

sub read_svg
{
	my ($svg) = @_;
	my ($width) = $svg =~ /viewBox="0 0 (\d+) /;
	my $file = write_file("$folder/code.svg", encode('UTF-8', $svg));

	# no wider than a phone's screen is, and not a multiple of the modules
	IPC::Run::run([ 'rsvg-convert', '--width', $width * 5 + 3, '--output', "$folder/code.png", $file ])
	  or die 'rsvg-convert failed';
	return read_picture("$folder/code.png");
}

# Draws the characters, light on a dark background that goes on around them, as a terminal
# does: a character is one module wide and two high.
sub read_text
{
	my ($text) = @_;
	my %halves = (' ' => [ 0, 0 ], '▀' => [ 1, 0 ], '▄' => [ 0, 1 ], '█' => [ 1, 1 ]);
	my $scale = 4;
	my @rows;

	foreach my $line (split /\n/, $text)
	{
		foreach my $half (0, 1)
		{
			push @rows, join '', map { ($halves{$_} // die "character $_")->[$half] } split //, $line;
		}
	}
	my $width = length $rows[0];
	@rows = map { "000${_}000" } '0' x $width, @rows, '0' x $width;
	my $pixels = join '', map { (join '', map { chr($_ * 255) x $scale } split //, $_) x $scale } @rows;
	my $size = ($width + 6) * $scale . ' ' . @rows * $scale;
	return read_picture(write_file("$folder/text.pgm", "P5\n$size\n255\n$pixels"));
}

sub reads_back
{
	my ($name, $expression) = @_;
	my $content = query("SELECT $expression");

	is(read_svg(query("SELECT multitenant.qr_svg($expression)")), $content, "$name: the SVG is read");
	is(read_text(query("SELECT multitenant.qr_text($expression)")), $content, "$name: the text is read");
}

# A reader that reads nothing would be seen.
is(read_picture(write_file("$folder/none.pgm", "P5\n8 8\n255\n" . "\0" x 64)), undef, 'nothing is read where nothing is');

reads_back('a URI', q{multitenant.totp_uri('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'ada@example.org', 'Acme')});
reads_back('a URI with other letters', q{multitenant.totp_uri('GEZDGNBVGY3TQOJQ', 'käthe@exämple.org', 'Ünïcode & Söhne 株式会社')});
reads_back('a URI of long names', q{multitenant.totp_uri('GEZDGNBVGY3TQOJQ', repeat('ä', 100), repeat('ö', 100))});
reads_back('UTF-8', q{'Grüße, 世界 ✓ 🙂'});
reads_back('UTF-8 that looks like Shift-JIS', q{'Grüße'});
reads_back('the most that is not ASCII', q{repeat('ü', 1165)});
reads_back('one byte', q{'x'});
reads_back('digits, which have a mode of their own', q{repeat('0123456789', 5)});
reads_back('capitals, which have one too', q{'HTTPS://EXAMPLE.ORG/' || repeat('A', 40)});
reads_back("$_ bytes", "left(repeat('The quick brown fox. ', 200), $_)") foreach 14, 15, 62, 213, 500, 1000, 2331;

# The picture in the manual is what it says it is.
my ($page) = decode('UTF-8', slurp_file('doc/one-time-passwords.md')) =~ /^```\n(█.*?)^```$/ms;
is(read_text($page), query(q{SELECT multitenant.totp_uri('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'alice', 'Acme')}), 'the picture in the manual is read');

# In a database of another encoding the content is drawn in UTF-8 all the same.
$node->safe_psql('postgres', q{CREATE DATABASE latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0});
$node->safe_psql('latin1', 'CREATE EXTENSION multitenant CASCADE');
is(read_svg(query(q{SELECT multitenant.qr_svg('Grüße')}, 'latin1')), 'Grüße', 'LATIN1: the SVG is read as UTF-8');
my ($stdout, $stderr);
$node->psql('latin1', "\\set VERBOSITY verbose\nSELECT multitenant.qr_svg(repeat(chr(233), 1166)); SELECT multitenant.qr_text('x')",
	stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
like($stderr, qr/54000: content is too long/, 'LATIN1: bytes count as in UTF-8');
like($stderr, qr/0A000: qr_text needs a database in UTF8/, 'LATIN1: qr_text says what it needs');

# The content is as secret as the URI: a statement that fails is not in the log.
$node->psql('postgres', q{SELECT multitenant.qr_svg(repeat('SECRET', 1000)); SELECT multitenant.qr_text(repeat('SECRET', 1000))},
	on_error_stop => 0);
my $log = slurp_file($node->logfile);
like($log, qr/content is too long/, 'the log has the error');
unlike($log, qr/STATEMENT:.*SECRET/, 'and not the statement');

done_testing();
