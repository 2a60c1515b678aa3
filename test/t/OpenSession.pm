# A session of psql that stays open.
#
#   my $session = OpenSession->new($node, $database);
#   my $answer = $session->ask($sql);    its output, errors among it as "ERROR: …"
#   $session->close;
package OpenSession;

use strict;
use warnings;

use IPC::Run qw(start pump finish);

sub new
{
	my ($class, $node, $database, @options) = @_;
	my $self = bless { in => '', out => '' }, $class;

	$self->{run} = start([ 'psql', '-X', '-A', '-t', '-q', @options, '-d', $node->connstr($database) ],
		'<', \$self->{in}, '>', \$self->{out}, '2>&1', IPC::Run::timeout(180));
	return $self;
}

sub ask
{
	my ($self, $sql) = @_;

	$self->{out} = '';
	$self->{in} .= "$sql;\n\\echo answered\n";
	pump $self->{run} until $self->{out} =~ s/answered\s*$//;
	return $self->{out} =~ s/\s+$//r;
}

sub close
{
	my ($self) = @_;

	$self->{in} .= "\\q\n";
	finish $self->{run};
}

1;
